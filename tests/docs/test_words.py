"""Documents have every field of an item and every word of a closed list."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import get_args

import pytest

from ipv6matrix import items
from ipv6matrix.config.metrics import metrics
from ipv6matrix.config.plan import FEATURES
from ipv6matrix.extensions.health import VANTAGE_LOST
from ipv6matrix.extensions.run_record import INCOMPLETE
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.store.queries import anatomy, happy_eyeballs, mail_parity, third_parties, web_parity
from ipv6matrix.targets import policy
from simnet import topology
from simnet.behaviours import BEHAVIOURS, Gone, Mail, Ntp, Web
from simnet.blocks import BLOCKS, Reverse
from simnet.name_servers import NameServer
from simnet.zones import Dnssec, Fault
from tests.docs.texts import read, rows, sections


def test_fields_are_documented() -> None:
    """docs/observations.md has every field of every observation and item."""
    assert [] == field_complaints(read("docs/observations.md"), _classes())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("### Class `Hop`", "### Class `Hopp`", "Hop: not documented"),
        ("| `rtts_ms` | tuple of numbers", "| `rtts` | tuple of numbers", "PingObservation: fields"),
    ],
)
def test_a_wrong_field_is_found(old: str, new: str, complaint: str) -> None:
    """A wrong class or field is reported."""
    text = read("docs/observations.md")
    assert old in text

    assert any(line.startswith(complaint) for line in field_complaints(text.replace(old, new), _classes()))


def test_words_are_documented() -> None:
    """docs/observations.md has every word of every closed list."""
    assert [] == word_complaints(read("docs/observations.md"), WORDS)


def test_docs_internet_describes_the_whole_simulation() -> None:
    """docs/internet.md has every behaviour, block, region and fault of the simulated Internet."""
    assert [] == word_complaints(read("docs/internet.md"), INTERNET_WORDS)


@pytest.mark.parametrize(("old", "new"), [("| `gap_limit` |", "| `gap` |"), ("### Words: Stop", "### Stop")])
def test_a_wrong_word_is_found(old: str, new: str) -> None:
    """A word that is not in the list, or an unknown list, is reported."""
    text = read("docs/observations.md")
    assert old in text

    assert 1 == len(word_complaints(text.replace(old, new), WORDS))


def field_complaints(text: str, classes: Mapping[str, list[str]]) -> list[str]:
    """Compare the sections of classes with their fields."""
    documented = {
        name: [cells[0].strip("`") for cells in rows(body)] for name, body in sections(text, r"### Class `(\w+)`")
    }
    complaints = [f"{name}: not documented" for name in classes if name not in documented]
    complaints += [f"{name}: no such class" for name in documented if name not in classes]
    for name in set(classes) & set(documented):
        if documented[name] != classes[name]:
            complaints.append(
                f"{name}: fields {', '.join(documented[name])} documented, {', '.join(classes[name])} there"
            )
    return complaints


def word_complaints(text: str, lists: Mapping[str, Iterable[str]]) -> list[str]:
    """Compare the sections of closed lists with their words."""
    documented = {
        name: {cells[0].strip("`") for cells in rows(body)} for name, body in sections(text, r"### Words: ([\w -]+)")
    }
    complaints = []
    for name, words in lists.items():
        missing, extra = set(words) - documented.get(name, set()), documented.get(name, set()) - set(words)
        if missing or extra:
            complaints.append(f"{name}: not documented: {sorted(missing)}; no such word: {sorted(extra)}")
    return complaints


WORDS = {
    "Status": items.Status,
    "Failure": items.Failure,
    "HttpsMode": items.HttpsMode,
    "NameServerAnswer": items.NameServerAnswer,
    "Resolvability": items.Resolvability,
    "Security": items.Security,
    "Starttls": items.Starttls,
    "Stop": items.Stop,
    "NtpStatus": items.NtpStatus,
    "PmtuStatus": items.PmtuStatus,
    "TlsStatus": items.TlsStatus,
    "BodyEnd": items.BodyEnd,
    "Happy Eyeballs": happy_eyeballs.Eyeballs,
    "mail parity": mail_parity.Mail,
    "web parity": web_parity.Web,
    "third parties": third_parties.Support,
    "anatomy": anatomy.Identifier,
    "import": (items.UNRECORDED,),
    "kind": policy.KINDS,
    "refusal": (policy.KINDS - policy.PROBED_KINDS)
    | {policy.OPTED_OUT, policy.INVALID_NAME, items.Failure.NAME_TOO_LONG, "no_ipv4", "no_ipv6"},
    "slot": REGISTRY.slots,
    "question": (
        *("NS", "MX", "SOA", "A", "AAAA", "HTTPS", "PTR", "ns", "ns tcp", "ping", "tcp 25", "tcp 80", "tcp 443"),
        *("ntp", "pmtu", "tls", "web https", "web http"),
    ),
    "role": get_args(items.RoleKind),
    "feature": FEATURES,
    "metric": metrics(),
    "end reason": ("finished", INCOMPLETE, "shutdown", VANTAGE_LOST, StartRefusedError("").reason),
}


INTERNET_WORDS = {
    "behaviour": BEHAVIOURS,
    "block": [block.name for block in BLOCKS if block.name not in BEHAVIOURS],
    "mail server": Mail,
    "web server": Web,
    "time server": Ntp,
    "gone": Gone,
    "fault": Fault,
    "dnssec": Dnssec,
    "name server": NameServer,
    "reverse": Reverse,
    "region": topology.REGIONS,
}


def _classes() -> dict[str, list[str]]:
    """Return the fields of each dataclass of items/, inherited ones first."""
    return {
        name: [field.name for field in dataclasses.fields(value)]
        for name, value in vars(items).items()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    }
