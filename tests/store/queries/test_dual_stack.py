"""Hosts with addresses of both families."""

from __future__ import annotations

from ipv6matrix.items import Hop, Stop, TraceItem, TraceObservation
from ipv6matrix.store.queries.dual_stack import Pair, pairs
from tests import urls
from tests.exporters import made
from tests.samples import AT, host, hosts_item, ping_item


def trace_item(address, reached_ttl):
    stop = Stop.REACHED if reached_ttl else Stop.GAP_LIMIT
    trace = TraceObservation(hops=(Hop(ttl=1),), stop=stop, reached_ttl=reached_ttl, asked_at=AT)
    return TraceItem(url=urls.trace(address), address=address, trace=trace)


def test_each_dual_stack_host_is_listed_once(tmp_path):
    """Hosts with one family are left out; a measurement without an answer, or not made, is None."""
    store = made.crawl(
        tmp_path / "ips.db",
        hosts_item(host("both.example", "192.0.2.1", "2001:db8::1")),
        hosts_item(host("silent.example", "192.0.2.2", "2001:db8::1")),
        hosts_item(host("four.example", "192.0.2.1")),
        hosts_item(host("six.example", "2001:db8::1")),
        hosts_item(host("unusable.example", "192.0.2.1", "fe80::1", chosen=("192.0.2.1",))),
        ping_item("192.0.2.1", 10.0, 20.0),
        ping_item("2001:db8::1", 12.0),
        ping_item("192.0.2.2"),
        trace_item("192.0.2.1", 7),
        trace_item("2001:db8::1", None),
    )

    assert [
        Pair(rtt4_ms=15.0, rtt6_ms=12.0, hops4=7, hops6=None),
        Pair(rtt4_ms=None, rtt6_ms=12.0, hops4=None, hops6=None),
    ] == list(pairs(store))
