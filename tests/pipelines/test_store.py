"""Storing items in the database."""

from __future__ import annotations

import pytest

from ipv6matrix import urls
from ipv6matrix.items import (
    ExclusionItem,
    Failure,
    Host,
    PortObservation,
    ReverseItem,
    SmtpObservation,
    Status,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from ipv6matrix.pipelines.store import StorePipeline
from tests.crawlers import count, opened, scheduler, store
from tests.samples import AT, domain_item, domain_url, hosts_item, lookup, ping_item


def tcp_item(*failures):
    ports = tuple(
        PortObservation(port=port, open=failure is None, failure=failure, asked_at=AT)
        for port, failure in zip((25, 80, 443), failures, strict=False)
    )
    return TcpItem(url="tcp://192.0.2.1?port=25", address="192.0.2.1", tcp=TcpObservation(ports=ports))


async def test_storing_an_item_marks_its_request_as_done(tmp_path):
    """The item goes to the frontier, together with the requests that follow from it."""
    with opened(tmp_path) as crawler:
        scheduler(crawler).enqueue_request(urls.request(domain_url("a.example")))
        item = domain_item("a.example", follow_ups=("ping://192.0.2.1",))

        assert item is StorePipeline.from_crawler(crawler).process_item(item)
        assert [("a.example",)] == store(crawler).query("SELECT name FROM domains")
        assert [("ping://192.0.2.1",)] == store(crawler).query("SELECT url FROM requests WHERE done_at IS NULL")
        assert 1 == count(crawler, "stored/DomainItem")


@pytest.mark.parametrize(
    ("item", "failures"),
    [
        (ping_item("192.0.2.1"), {}),
        (ping_item("192.0.2.1", sent=0, failure=Failure.PERMISSION_DENIED), {"permission_denied": 1}),
        (
            TraceItem(
                url="trace://192.0.2.1",
                address="192.0.2.1",
                trace=TraceObservation(failure=Failure.PROBE_FAILED, asked_at=AT),
            ),
            {"probe_failed": 1},
        ),
        (tcp_item(None, None), {}),
        (tcp_item(Failure.TIMEOUT, None, Failure.TIMEOUT), {"timeout": 2}),
        (tcp_item(Failure.CONNECTION_REFUSED, Failure.TIMEOUT), {"connection_refused": 1, "timeout": 1}),
        (
            TcpItem(
                url="tcp://192.0.2.1?port=25",
                address="192.0.2.1",
                tcp=TcpObservation(ports=(), smtp=SmtpObservation(failure=Failure.NOT_SMTP, asked_at=AT)),
            ),
            {"not_smtp": 1},
        ),
        (
            domain_item(
                "a.example",
                ns=lookup("a.example", "NS", status=Status.NXDOMAIN),
                mx=lookup("a.example", "MX", status=Failure.SERVFAIL),
            ),
            {"servfail": 1},
        ),
        (
            hosts_item(Host(name="a", a=lookup("a", "A"), aaaa=lookup("a", "AAAA", status=Failure.TIMEOUT))),
            {"timeout": 1},
        ),
        (
            ReverseItem(url="dns://x", address="192.0.2.1", lookup=lookup("x", "PTR", status=Failure.REFUSED)),
            {"refused": 1},
        ),
        (ExclusionItem(url="ping://192.0.2.1", address="192.0.2.1", reason="opted_out"), {}),
    ],
)
async def test_failures_are_counted_by_reason(tmp_path, item, failures):
    """Each failure of an item is a stat; silence is not."""
    with opened(tmp_path) as crawler:
        StorePipeline.from_crawler(crawler).process_item(item)
        counted = {
            stat.removeprefix("failures/"): number
            for stat, number in crawler.stats.get_stats().items()
            if stat.startswith("failures/")
        }

        assert failures == counted
        assert 1 == count(crawler, f"stored/{type(item).__name__}")
