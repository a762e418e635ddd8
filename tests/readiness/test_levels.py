"""Levels: what each needs, and their bounds."""

from __future__ import annotations

import pytest

from ipv6matrix.readiness.facts import Domain, Result, not_possible
from ipv6matrix.readiness.levels import Level, judge
from ipv6matrix.readiness.rules import VERSION
from tests.readiness.worlds import BASIS, FULL_BASIS, NAME, changed, host, only4, pair, ready

WWW, MX = f"www.{NAME}", f"mx.{NAME}"
NO_WEB = (only4(WWW), only4(NAME, roles={"APEX": 0}))
ONE_NS = only4(f"ns2.{NAME}", roles={"NS": 2})


def bounds(domain: Domain, basis: frozenset[str] = FULL_BASIS) -> tuple[str, str]:
    readiness = judge(domain, basis)
    return readiness.certain.label, readiness.possible.label


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (ready(hosts=(*NO_WEB, only4(f"ns1.{NAME}", roles={"NS": 1}))), "0"),
        (changed(ready(), *NO_WEB), "1"),
        (changed(ready(), ONE_NS), "2"),
        (changed(ready(), only4(MX, roles={"MX": 10})), "3"),
        (changed(ready(resolution=Result("broken"))), "4"),
        (changed(ready(), host(WWW, addresses=pair(path_mtu=Result("black_hole")))), "4"),
        (changed(ready(), host(WWW, third_parties=Result("partial"))), "5"),
        (ready(), "5+"),
    ],
)
def test_each_level_needs_what_is_below_it(domain: Domain, expected: str) -> None:
    """A domain on which everything is known has one level."""
    assert (expected, expected) == bounds(domain)


def test_a_domain_without_mail_can_be_fully_ready() -> None:
    """Mail is needed only if the domain receives any."""
    hosts = tuple(host for host in ready().hosts if host.name != MX)

    assert ("5+", "5+") == bounds(ready(hosts=hosts, mx=Result("nodata")))


def test_unknown_is_no_for_certain_and_yes_perhaps() -> None:
    """A service that could not be tested opens the bounds from the level without it to the one with it."""
    assert ("3", "5+") == bounds(ready(mx=not_possible("servfail")))


def test_the_undecided_services_are_those_between_the_bounds() -> None:
    """Unknown services that need a level above what is possible decide nothing."""
    domain = changed(ready(mx=not_possible("servfail"), resolution=None), ONE_NS)
    unknown = judge(domain, FULL_BASIS)

    assert ("2", "2", []) == (*bounds(domain), list(unknown.undecided))
    assert ["mail", "path"] == [
        verdict.service for verdict in judge(ready(mx=None), FULL_BASIS).undecided if verdict.service != "chain"
    ]


def test_a_verdict_names_version_and_basis() -> None:
    """Levels are comparable only within one version of the rules and one basis."""
    readiness = judge(ready(), BASIS)

    assert (VERSION, BASIS) == (readiness.version, readiness.basis)


def test_levels_are_written_as_they_are_read() -> None:
    """Each level has one spelling."""
    assert list(Level) == [Level.parse(level.label) for level in Level]
    with pytest.raises(ValueError, match="6"):
        Level.parse("6")
