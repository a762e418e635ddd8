"""Which family connects first."""

from __future__ import annotations

import pytest

from ipv6matrix.items import Failure, PortObservation, TcpItem, TcpObservation
from ipv6matrix.store.queries.happy_eyeballs import races
from tests import urls
from tests.exporters import made
from tests.samples import AT, host, hosts_item

FOUR, SIX = "192.0.2.1", "2001:db8::1"


def tcp_item(address, outcome, port=443):
    """Return the handshake with an address: a time in milliseconds, None if it is not known, or a failure."""
    is_open = not isinstance(outcome, Failure)
    seen = PortObservation(
        port=port,
        open=is_open,
        connect_ms=outcome if is_open else None,
        failure=None if is_open else outcome,
        asked_at=AT,
    )
    return TcpItem(url=urls.tcp(address, (port,), starttls=False), address=address, tcp=TcpObservation(ports=(seen,)))


@pytest.mark.parametrize(
    ("four", "six", "outcome"),
    [
        (20.0, 20.0, "ipv6_first"),
        (20.0, 270.0, "ipv6_first"),
        (20.0, 270.1, "slower"),
        (300.0, 20.0, "ipv6_first"),
        (20.0, Failure.TIMEOUT, "ipv4_only_in_practice"),
        (20.0, Failure.CONNECTION_REFUSED, "ipv4_only_in_practice"),
        (20.0, Failure.PROBE_FAILED, "untestable"),
        (20.0, None, "untestable"),
        (None, 20.0, "untestable"),
        (Failure.TIMEOUT, 20.0, "untestable"),
        (Failure.PERMISSION_DENIED, Failure.TIMEOUT, "untestable"),
    ],
)
def test_a_client_waits_250_ms_for_ipv6(tmp_path, four, six, outcome):
    """
    IPv6 may connect that much later than IPv4; what could not be tested does not count.
    """
    store = made.crawl(
        tmp_path / "ips.db", hosts_item(host("www.a.example", FOUR, SIX)), tcp_item(FOUR, four), tcp_item(SIX, six)
    )

    assert [("www.a.example", 443, outcome)] == list(races(store))


def test_mail_and_single_families_are_left_out(tmp_path):
    """
    Only the ports of web servers of hosts with both families are compared.
    """
    store = made.crawl(
        tmp_path / "ips.db",
        hosts_item(host("both.example", FOUR, SIX)),
        hosts_item(host("four.example", "192.0.2.2")),
        tcp_item(FOUR, 1.0, 25),
        tcp_item(SIX, 1.0, 25),
        tcp_item("192.0.2.2", 1.0),
    )

    assert [] == list(races(store))
