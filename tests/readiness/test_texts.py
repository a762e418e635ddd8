"""Readiness in words."""

from __future__ import annotations

import pytest

from ipv6matrix.readiness import texts
from ipv6matrix.readiness.facts import Domain, Result, not_possible, silent
from ipv6matrix.readiness.levels import judge
from tests.readiness.worlds import BASIS, FULL_BASIS, NAME, address, changed, host, only4, ready

SILENT = {25: silent("timeout")}
FILTERED = host(
    f"mx.{NAME}",
    roles={"MX": 10},
    addresses=(address("198.18.0.1", ports=SILENT), address("2001:db8::1", ports=SILENT)),
)


@pytest.mark.parametrize(
    ("domain", "basis", "expected"),
    [
        (changed(ready(), only4(f"mx.{NAME}", roles={"MX": 10})), FULL_BASIS, "3"),
        (
            changed(ready(resolution=Result("broken")), FILTERED),
            FULL_BASIS,
            "3 to 4: mail could not be tested (port 25 is filtered here)",
        ),
        (
            ready(mx=not_possible("servfail"), resolution=Result("broken")),
            FULL_BASIS,
            "3 to 4: mail could not be tested (the lookup failed: servfail)",
        ),
        (
            changed(ready(resolution=Result("broken")), host(f"mx.{NAME}", roles={"MX": 10}, exclusion="opted_out")),
            FULL_BASIS,
            f"3 to 4: mail could not be tested (mx.{NAME} is not tested because its operator asked for that)",
        ),
        (
            ready(
                resolution=None, hosts=tuple(host(old.name, roles=old.roles, resolution=None) for old in ready().hosts)
            ),
            BASIS,
            "4 to 5+: not measured: lookup",
        ),
    ],
)
def test_a_level_is_one_line(domain: Domain, basis: frozenset[str], expected: str) -> None:
    """A level with bounds comes with the reason why it is not certain."""
    assert expected == texts.level(judge(domain, basis))


def test_a_service_that_was_not_measured_is_not_said_to_be_untestable() -> None:
    """What no request was made for has a meaning of its own."""
    meanings = {
        verdict.service: texts.value(verdict)
        for verdict in judge(ready(resolution=None, mx=silent("timeout")), BASIS).verdicts
    }

    assert ("could not be tested", "works over IPv6") == (meanings["mail"], meanings["dns"])
    assert "was not measured" == texts.value(judge(ready(ns=None), BASIS).verdicts[1])
