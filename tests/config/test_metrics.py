"""The words of the setting METRICS."""

from __future__ import annotations

import pytest
from scrapy.settings import BaseSettings

from ipv6matrix.config import checks
from ipv6matrix.config.metrics import chosen, defaults, expand, metrics
from ipv6matrix.measurements import REGISTRY


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), ()),
        (("ping", "path"), ("ping", "path")),
        (("default",), defaults()),
        (("all",), metrics()),
        (("ping", "+path"), ("ping", "path")),
        (("ping", "path", "-ping"), ("path",)),
        (("-path",), tuple(word for word in defaults() if word != "path")),
        (("all", "-path"), tuple(word for word in metrics() if word != "path")),
        (("+ping",), defaults()),
    ],
)
def test_words_are_read_from_left_to_right(given, expected):
    """Words add and remove metrics; a sign at the beginning changes the default."""
    assert sorted(expected) == sorted(expand(given))


def test_the_default_leaves_out_what_is_opt_in(monkeypatch):
    """`default` has no opt-in word, `+word` adds one, and `all` has it."""
    monkeypatch.setattr(REGISTRY, "opt_in", ("ping",))

    assert ["ping" in expand(given) for given in (("default",), ("+ping",), ("all",))] == [False, True, True]


@pytest.mark.parametrize("word", ["+tcp22", "-", "+default", "--ping"])
def test_other_words_are_invalid(word):
    """A sign precedes a metric."""
    assert checks.CHECKS["METRICS"](BaseSettings({"METRICS": f"ping,{word}"}), "METRICS")


def test_the_record_has_the_metrics_themselves():
    """What is recorded of a crawl does not depend on what `default` means in a later version."""
    settings = BaseSettings({"METRICS": "-path"})

    assert ",".join(chosen(settings)) == checks.values(settings)["METRICS"]
    assert "default" not in checks.values(settings)["METRICS"]
