"""Chapters about the outcomes of requests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ipv6matrix.exporters.chapters import outcomes
from ipv6matrix.exporters.findings import Share
from ipv6matrix.store.queries.asked import Asked
from ipv6matrix.store.queries.outcomes import Errors, Ipv6Kind


def findings(metrics=None, **figures):
    asked = Asked(run="", features=None, metrics=metrics, skipped=frozenset())
    return SimpleNamespace(**{"asked": asked, "services": {}, "traces": {}, "ipv6_kinds": [], "errors": []} | figures)


def test_services_are_listed_by_family():
    """Each has its hosts, the reachable ones, and its share; a service that was not probed is left out."""
    services = {("HTTP", 6): Share(part=1, whole=4), ("HTTP", 4): Share(part=3, whole=5, unknown=1)}
    services |= {("SMTP", 4): Share(whole=9, unknown=9)}

    chapter = outcomes.reachability(findings(services=services))

    assert [
        ("HTTP", "IPv4", "5", "3", "1", "1", "75.0 %"),
        ("HTTP", "IPv6", "4", "1", "3", "0", "25.0 %"),
    ] == chapter.rows
    assert "HTTP over IPv6: 1 of 4 hosts (25.0 %)" in chapter.svg


def test_traces_are_listed_by_end():
    """Each end has its own number; a failure of this machine is not an end of a trace."""
    traces = {(4, "reached"): 7, (4, "gap_limit"): 2, (4, "probe_failed"): 1, (6, "max_ttl"): 1, (6, "unreachable"): 3}
    chapter = outcomes.paths(findings(traces=traces))

    assert ["Family", "Addresses", "Reached", "Silent hops", "Unreachable", "Last TTL", "Could not ask"] == list(
        chapter.head
    )
    assert [("IPv4", "10", "7", "2", "0", "0", "1"), ("IPv6", "4", "0", "0", "3", "1", "0")] == chapter.rows


def test_unused_ends_are_left_out():
    """The legend has only ends that occur; for imported crawls only whether a trace arrived."""
    chapter = outcomes.paths(findings(traces={(4, "reached"): 3, (4, "unrecorded"): 1}))

    assert ["Family", "Addresses", "Reached", "Not reached"] == list(chapter.head)
    assert [("IPv4", "4", "3", "1")] == chapter.rows


def test_kinds_of_ipv6_have_names():
    """Native, transition mechanisms, tunnels by operator, and excluded addresses by kind."""
    kinds = [
        Ipv6Kind(kind="global", tunnel_id=None, probed=90, refused=1),
        Ipv6Kind(kind="6to4", tunnel_id="U0001", probed=3, refused=0),
        Ipv6Kind(kind="teredo", tunnel_id="U3000", probed=2, refused=0),
        Ipv6Kind(kind="global", tunnel_id="U5280", probed=2, refused=0),
        Ipv6Kind(kind="global", tunnel_id="<b>", probed=1, refused=0),
        Ipv6Kind(kind="link_local", tunnel_id=None, probed=0, refused=1),
    ]
    chapter = outcomes.ipv6_kinds(findings(ipv6_kinds=kinds))

    assert ["native", "6to4", "Teredo", "tunnel U5280 (plwaw01, icm - ICM)", "tunnel <b>", "link local"] == [
        row[0] for row in chapter.rows
    ]
    assert ("native", "91", "90", "1", "91.0 %") == chapter.rows[0]
    assert "native, not probed: 1 of 100 addresses" in chapter.svg


def test_errors_come_with_the_number_of_requests():
    """Each row has kind and word, with numerator and denominator."""
    chapter = outcomes.errors(findings(errors=[Errors(kind="port 80", word="connection_refused", number=3, asked=12)]))

    assert [("port 80: connection refused", "3", "12", "25.0 %")] == chapter.rows
    assert "Unrecorded" not in chapter.explanation
    assert "port 80: connection refused: 3 of 12" in chapter.svg


def test_what_older_crawlers_did_not_record_is_explained():
    """The word has an explanation where it occurs."""
    chapter = outcomes.errors(findings(errors=[Errors(kind="DNS", word="unrecorded", number=3, asked=12)]))

    assert "Unrecorded is what an older crawler kept as n/a" in chapter.explanation


@pytest.mark.parametrize("make", [outcomes.reachability, outcomes.paths, outcomes.ipv6_kinds, outcomes.errors])
def test_missing_figures_are_explained(make):
    """If there is nothing to show, the chapter says so and has no chart."""
    chapter = make(findings())

    assert ("", ()) == (chapter.svg, chapter.rows)
    assert chapter.explanation.endswith(".")


def test_missing_traces_are_explained():
    """The explanation names the metric."""
    assert "Not measured: the metric path" in outcomes.paths(findings(metrics=frozenset({"ping"}))).explanation
