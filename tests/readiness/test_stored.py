"""Readiness as plain values."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ipv6matrix.readiness import stored, texts
from ipv6matrix.readiness.facts import Domain
from ipv6matrix.readiness.levels import judge
from ipv6matrix.readiness.rules import VERSION
from tests.readiness.worlds import BASIS, FULL_BASIS, NAME, complete, less_known

_PAIRS = complete().flatmap(lambda whole: st.tuples(st.just(whole), less_known(whole)))


@settings(deadline=None)
@given(_PAIRS, st.sampled_from((BASIS, FULL_BASIS)))
def test_what_was_stored_is_read_again(pair: tuple[Domain, Domain], basis: frozenset[str]) -> None:
    """Bounds, verdicts, reasons and texts come back; a service that was not measured has one reason that says so."""
    for domain in pair:
        readiness = judge(domain, basis)
        verdicts = [
            verdict if verdict.measured else replace(verdict, reasons=(replace(verdict.reasons[0], host=domain.name),))
            for verdict in readiness.verdicts
        ]

        unpacked = stored.unpack(stored.pack(readiness), VERSION, basis)

        assert replace(readiness, verdicts=tuple(verdicts)) == unpacked
        assert texts.level(readiness) == texts.level(unpacked)
        assert [texts.value(verdict) for verdict in readiness.verdicts] == [
            texts.value(verdict) for verdict in unpacked.verdicts
        ]


@settings(deadline=None)
@given(complete())
def test_columns_are_plain(domain: Domain) -> None:
    """Values are numbers and texts; reasons are lists of five."""
    row = stored.pack(judge(domain, FULL_BASIS))

    assert {int, str} == {type(value) for value in row.values()}
    assert all(len(reason) == 5 for reason in json.loads(row["reasons"]))


def test_a_reason_of_another_version_stays_readable() -> None:
    """A word or a rule that the catalogue does not have stands for itself, without advice."""
    reasons = [["mail", "mx.example", "too_slow", "", "mail_speed"], ["mail", "mx.example", "too_far", "", None]]
    row = stored.pack(judge(Domain(name="example.org"), FULL_BASIS)) | {"reasons": json.dumps(reasons)}

    unpacked = stored.unpack(row, VERSION, FULL_BASIS)

    assert [("too slow", ""), ("too far", "")] == [
        (reason.text, reason.advice) for reason in unpacked.reasons if reason.service == "mail"
    ]


def test_what_was_not_measured_takes_no_room() -> None:
    """Most crawls measure half of the services; why is stored once, in their basis."""
    readiness = judge(Domain(name=NAME), frozenset())
    unmeasured = {verdict.service for verdict in readiness.verdicts if not verdict.measured}
    row = stored.pack(readiness)

    assert {"web", "dns", "mail", "chain"} <= unmeasured
    assert unmeasured.isdisjoint(service for service, *_ in json.loads(row["reasons"]))
    assert unmeasured == {
        verdict.service for verdict in stored.unpack(row, VERSION, frozenset()).verdicts if not verdict.measured
    }
