"""The first router of each family."""

from __future__ import annotations

import pytest

from ipv6matrix.health.gateway import gateway, ipv4, ipv6
from simnet.topology import first_router

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
NONE = "0" * 32


def route4(destination, router, flags="0003", metric=0, mask="00000000"):
    return f"eth0\t{destination}\t{router}\t{flags}\t0\t0\t{metric}\t{mask}\t0\t0\t0"


def route6(router, *, length="00", metric="00000400", flags="00000003", device="eth0"):
    return f"{NONE} {length} {NONE} 00 {router} {metric} 00000001 00000000 {flags} {device:>8}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([route4("00000000", "0101A8C0")], "192.168.1.1"),
        ([route4("00000000", "0101A8C0", metric=600), route4("00000000", "0202A8C0", metric=100)], "192.168.2.2"),
        ([route4("00000000", "00000000", flags="0001")], None),  # a tunnel, without a router
        ([route4("0000FEA9", "0101A8C0", mask="0000FFFF")], None),
        ([route4("00000000", "0101A8C0", mask="00000080")], None),  # 0.0.0.0/1
    ],
)
def test_ipv4(lines, expected):
    """The default route with the smallest metric has the address."""
    assert expected == ipv4([HEAD, *lines])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], None),
        ([route6("20010db8000000000000000000000002")], "2001:db8::2"),
        ([route6("fe800000000000000000000000000001")], "fe80::1%eth0"),
        (
            [
                route6("fe800000000000000000000000000001"),
                route6("fe800000000000000000000000000002", metric="00000064", device="wlan0"),
            ],
            "fe80::2%wlan0",
        ),
        ([route6(NONE, flags="00200200", device="lo")], None),  # unreachable
        ([route6("20010db8000000000000000000000002", length="03")], None),
    ],
)
def test_ipv6(lines, expected):
    """The same applies to IPv6; a link-local address has its zone."""
    assert expected == ipv6(lines)


@pytest.mark.parametrize("family", [4, 6])
def test_the_tables_of_this_kernel_are_read(internet, family):
    """In the simulated Internet the result is the first router."""
    assert first_router(family) == gateway(family)
