"""Counts of outcomes of requests, and of kinds of IPv6."""

from __future__ import annotations

import sqlite3
from collections import Counter

from ipv6matrix.items import Failure
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.outcomes import Errors, Ipv6Kind, errors, ipv6_kinds, traces
from tests.expected import GAP_LIMIT
from tests.exporters import made
from tests.finished import Finished
from tests.samples import domain_item, host, hosts_item, lookup, ping_item


def test_errors_come_with_the_number_of_requests(tmp_path):
    """Failures and silence come in the order of a crawl, each with the number of requests of its kind."""
    store = made.crawl(
        tmp_path / "ips.db",
        domain_item("a.example", ns=lookup("a.example", "NS", status=Failure.TIMEOUT), mx=lookup("a.example", "MX")),
        hosts_item(host("www.a.example", "192.0.2.1", "192.0.2.2", "192.0.2.3")),
        ping_item("192.0.2.1"),
        ping_item("192.0.2.2", 3.0),
        ping_item("192.0.2.3", failure=Failure.NETWORK_UNREACHABLE),
    )

    assert [
        Errors(kind="DNS", word="timeout", number=1, asked=4),
        Errors(kind="ping", word="network_unreachable", number=1, asked=3),
        Errors(kind="ping", word="no reply", number=1, asked=3),
    ] == errors(store)


def test_trace_stops_match_the_truth(finished: Finished):
    """Every traced address counts once, by family and reason for stopping."""
    truths = finished.expected.probed.values()

    assert Counter((truth.family, truth.trace(gap_limit=GAP_LIMIT).stop) for truth in truths) == traces(finished.store)


def test_kinds_of_ipv6_match_the_truth(finished: Finished):
    """Every address of a host counts once, as allowed or as excluded."""
    expected = finished.expected
    six = [address for address, truth in expected.addresses.items() if truth.family == 6]
    kinds = ipv6_kinds(finished.store)

    assert len(six) == sum(kind.probed + kind.refused for kind in kinds)
    assert sum(map(expected.is_usable, six)) == sum(kind.probed for kind in kinds)
    assert Ipv6Kind(kind="loopback", tunnel_id=None, probed=0, refused=1) in kinds
    assert {"6to4", "teredo"} <= {kind.kind for kind in kinds if kind.tunnel_id}


def test_imported_figures_count(tmp_path):
    """Pings and traces of an imported crawl count as requests; a trace that did not arrive has no stop reason."""
    made.crawl(tmp_path / "ips.db", hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1"))).close()
    connection = sqlite3.connect(tmp_path / "ips.db")
    connection.execute("INSERT INTO trace_summaries SELECT id, 1500, iif(family = 4, 9, NULL), '', 0 FROM addresses")
    connection.execute("INSERT INTO ping_summaries SELECT id, 5, 1.0, 2.0, 3.0, 0.5, 0 FROM addresses")
    connection.execute("INSERT INTO pings SELECT id, 5, '[]', NULL, 0 FROM addresses WHERE family = 6")
    connection.commit()
    connection.close()
    store = Store.read(tmp_path / "ips.db")

    assert {(4, "reached"): 1, (6, "unrecorded"): 1} == traces(store)
    assert [Errors(kind="ping", word="no reply", number=1, asked=3)] == errors(store)
    store.close()
