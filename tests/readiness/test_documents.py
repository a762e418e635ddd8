"""Readiness as a document."""

from __future__ import annotations

import json

import pytest

from ipv6matrix.readiness.documents import document, rtt
from ipv6matrix.readiness.levels import judge
from tests.readiness.worlds import FULL_BASIS, NAME, address, changed, host, only4, ready


def test_a_document_states_level_services_reasons_and_addresses() -> None:
    """Everything in it can be written as JSON; only hosts with an address are listed."""
    domain = changed(ready(), only4(f"mx.{NAME}", roles={"MX": 10}), host(f"www.{NAME}", addresses=()))

    made = document(judge(domain, FULL_BASIS), domain)

    assert made == json.loads(json.dumps(made))
    mail = next(entry for entry in made["services"] if entry["service"] == "mail")
    assert ("no", "no_aaaa", f"mx.{NAME}") == (mail["value"], mail["reasons"][0]["word"], mail["reasons"][0]["host"])
    assert [NAME, f"ns1.{NAME}", f"ns2.{NAME}", f"mx.{NAME}"] == [entry["host"] for entry in made["hosts"]]


@pytest.mark.parametrize(
    ("facts", "text"),
    [({}, "not measured"), ({"pinged": True}, "no reply"), ({"pinged": True, "rtt_ms": 1.25}, "1.2 ms")],
)
def test_a_missing_round_trip_time_has_a_cause(facts: dict[str, object], text: str) -> None:
    """An address that was not asked differs from one that did not reply."""
    domain = ready(hosts=(host(NAME, roles={"APEX": 0}, addresses=(address("2001:db8::1", **facts),)),))
    (listed,) = document(judge(domain, FULL_BASIS), domain)["hosts"]

    assert text == rtt(listed["ipv6"])
