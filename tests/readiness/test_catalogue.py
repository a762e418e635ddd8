"""The catalogue has a text for everything that the rules find, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ipv6matrix.readiness import facts, rules, verdicts
from ipv6matrix.readiness.catalogue import Service, Text, catalogue
from ipv6matrix.readiness.levels import Level
from ipv6matrix.readiness.rules import RULES
from ipv6matrix.readiness.verdicts import Value


def _texts() -> dict[tuple[str, str], Text]:
    texts = {("unknown", word): text for word, text in catalogue().unknown.items()}
    return texts | {(id_, word): text for id_, rule in catalogue().rules.items() for word, text in rule.no.items()}


def test_every_rule_of_the_catalogue_is_applied() -> None:
    """Each rule has a text, and each text a rule; the number of name servers is not about a host."""
    assert set(catalogue().rules) == {*(rule.id for rule in RULES), "dns_number"}


def test_services_values_and_levels_have_texts() -> None:
    """Each word that a verdict may have is in the catalogue."""
    read = catalogue()

    assert (list(Service), [*Value, "unmeasured"], len(Level)) == (
        list(read.services),
        list(read.values),
        len(read.levels),
    )


@pytest.mark.parametrize("place", _texts(), ids=".".join)
def test_texts_use_known_placeholders_in_one_line(place: tuple[str, str]) -> None:
    """A text continues the name of a host, and advice is one sentence for an operator."""
    text = _texts()[place]

    assert set(re.findall(r"{(\w*)}", text.text + text.advice)) <= {"host", "detail"}
    assert text.advice.endswith(".")
    assert "\n" not in text.text + text.advice


def test_every_unknown_word_is_used() -> None:
    """The catalogue has no reason that no rule finds."""
    sources = "".join(Path(module.__file__).read_text() for module in (facts, rules, verdicts))
    indirect = {"opted_out"}

    assert indirect == {word for word in catalogue().unknown if f'"{word}"' not in sources}
