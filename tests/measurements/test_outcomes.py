"""What an item counts as."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    DomainItem,
    ExclusionItem,
    Failure,
    Hop,
    Host,
    PingItem,
    PingObservation,
    PortObservation,
    SmtpObservation,
    Stop,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from ipv6matrix.measurements import REGISTRY
from tests.samples import AT, domain_item, host, hosts_item, lookup, ping_item


def probed(address="192.0.2.1", *, ports=(), smtp=None):
    observation = TcpObservation(ports=ports, smtp=smtp)
    return TcpItem(url=f"tcp://{address}?port=25", address=address, tcp=observation)


def port(failure=None):
    return PortObservation(port=25, open=failure is None, failure=failure, asked_at=AT)


def traced(stop=None, failure=None):
    trace = TraceObservation(hops=(Hop(ttl=1, address="192.0.2.9"),), stop=stop, failure=failure, asked_at=AT)
    return TraceItem(url="trace://192.0.2.1", address="192.0.2.1", trace=trace)


def pinged(failure):
    return PingItem(
        url="ping://192.0.2.1",
        address="192.0.2.1",
        ping=PingObservation(sent=0, rtts_ms=(), failure=failure, asked_at=AT),
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (ping_item("192.0.2.1", 1.0), [("ping", "reply")]),
        (ping_item("192.0.2.1"), [("ping", "no_reply")]),
        (pinged(Failure.PERMISSION_DENIED), [("ping", "permission_denied")]),
        (traced(Stop.GAP_LIMIT), [("trace", "gap_limit")]),
        (traced(failure=Failure.PROBE_FAILED), [("trace", "probe_failed")]),
        (probed(ports=(port(), port(Failure.TIMEOUT))), [("tcp", "open"), ("tcp", "timeout")]),
        (
            ExclusionItem(url="ping://192.0.2.9", address="192.0.2.9", reason="opted_out"),
            [("ping", "opted_out")],
        ),
        (
            DomainItem(url="", name="a.example", tld="example", mx=lookup("a.example", "MX"), asked_at=AT),
            [("dns", "nodata")],
        ),
        (
            DomainItem(url="", name="a.example", tld="example", refusal="opted_out", asked_at=AT),
            [("dns", "opted_out")],
        ),
        (
            hosts_item(host("a.example", "192.0.2.1"), Host(name="b.example", refusal="opted_out")),
            [("dns", "ok"), ("dns", "nodata"), ("dns", "opted_out")],
        ),
        (
            domain_item("a.example", ns=lookup("a.example", "NS", status=Failure.SERVFAIL)),
            [("dns", "servfail")],
        ),
    ],
)
def test_each_probe_has_an_outcome(item, expected):
    """A ping, a port, a session, a trace and a lookup each have a one-word outcome."""
    assert expected == REGISTRY.outcomes(item)


@pytest.mark.parametrize(("failure", "expected"), [(None, "session"), (Failure.NOT_SMTP, "not_smtp")])
def test_an_smtp_session_has_a_separate_outcome(failure, expected):
    """An open port and a failed session are counted separately."""
    assert [("tcp", "open"), ("smtp", expected)] == REGISTRY.outcomes(
        probed(ports=(port(),), smtp=SmtpObservation(failure=failure, asked_at=AT))
    )
