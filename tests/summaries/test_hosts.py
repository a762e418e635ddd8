"""Figures of a host and of a domain."""

from __future__ import annotations

import pytest

from ipv6matrix.items import Failure, Status
from ipv6matrix.store import dataset
from ipv6matrix.summaries import hosts
from ipv6matrix.summaries.hosts import domain_row
from tests.summaries.sample_rows import DATE


def address(text, country="DE", *, avg_ms=None, hops=None, **ports):
    """Return an address with all measurements that a summary uses."""
    names = ("tunnel_id", "asn", "as_organisation", "city", "region", "latitude", "longitude")
    made = dataset.Address(store=None, number=0, address=text, country_code=country, **dict.fromkeys(names))
    ping = dataset.PingFigures(count=5, min_ms=avg_ms, avg_ms=avg_ms, max_ms=avg_ms, mdev_ms=avg_ms)
    # What would be read from a database when it is asked for.
    vars(made).update(ping=ping, trace=dataset.TraceFigures(hops=hops), tcp=dataset.TcpFigures(**ports))
    return made


def host(name="www.a.example", kind="WWW", four=None, six=None, *, a=Status.OK, aaaa=Status.OK, priority=0):
    return dataset.Host(
        kind=kind, name=name, priority=priority, a_status=a, aaaa_status=aaaa, refusal=None, ip4=four, ip6=six
    )


def domain(*of_domain, name="a.example", ns=Status.OK, mx=Status.OK):
    tld = name.rpartition(".")[2]
    return dataset.Domain(name=name, tld=tld, ns_status=ns, mx_status=mx, soa=None, hosts=of_domain)


def test_a_host_is_where_its_ipv4_address_is():
    """The IPv4 address determines the country of a host, otherwise the IPv6 address; without either, it is unknown."""
    four, six = address("192.0.2.1", "GB"), address("2001:db8::1", "FR")

    assert ["GB", "FR", "ZZ", "ZZ"] == [
        hosts.country(made) for made in (host(four=four, six=six), host(six=six), host(), host(four=address("x", None)))
    ]


def test_times_are_compared_as_numbers():
    """Times are compared as numbers: 9.5 ms is less than 10.2 ms."""
    quick = host(four=address("192.0.2.1", avg_ms=9.5, hops=9), six=address("2001:db8::1", avg_ms=10.2, hops=10))

    row = domain_row(domain(quick), DATE)

    assert (0, 0) == (row.faster, row.fewer)
    assert (round(10.2 / 9.5, 6), round(10 / 9, 6)) == (row.pingratio, row.hopratio)


def test_silence_is_no_round_trip():
    """A host that replied over one family only counts neither in `faster` nor in `pingratio`."""
    silent = host(four=address("192.0.2.1", avg_ms=9.5, hops=3), six=address("2001:db8::1"))

    row = domain_row(domain(silent), DATE)

    assert (0, 0.0, 0, 0.0) == (row.faster, row.pingratio, row.fewer, row.hopratio)


def test_a_host_in_two_roles_counts_once():
    """A host that is name server and mail host counts once in each role, and once for an open port."""
    four = address("192.0.2.1", port80=True, port443=False, port25=None)
    both = [host("ns.a.example", kind, four, priority=1) for kind in ("NS", "MX")]

    row = domain_row(domain(*both), DATE)

    assert (1, 1, 1, 0, 0) == (row.ns_hosts, row.mx_hosts, row.http4, row.https4, row.smtp4)


def test_a_guess_without_an_address_is_no_host():
    """A guessed name without an address is not a host; a name server or mail host without one is."""
    row = domain_row(domain(host(), host("mx.a.example", "MX"), host("ns.a.example", "NS")), DATE)

    assert (0, 1, 1) == (row.www_hosts, row.mx_hosts, row.ns_hosts)


def test_a_domain_is_where_its_first_known_host_is():
    """Name servers come before mail hosts, and these before web hosts; hosts without a country are skipped."""
    ns = host("ns.a.example", "NS", address("192.0.2.1", None))
    mx = [
        host(f"{code}.a.example", "MX", address("192.0.2.2", code), priority=n) for n, code in enumerate(("GB", "FR"))
    ]
    www = host(four=address("192.0.2.3", "DE"))

    assert "GB" == domain_row(domain(www, *mx, ns), DATE).country
    assert "ZZ" == domain_row(domain(ns), DATE).country


@pytest.mark.parametrize(
    ("of_domain", "unknown"),
    [
        (domain(host()), 0),
        (domain(host(aaaa=Failure.TIMEOUT), host("ntp.a.example", "NTP", a=Failure.SERVFAIL)), 2),
        (domain(host(a=Failure.TIMEOUT, aaaa=Failure.TIMEOUT)), 1),
        (domain(host(aaaa=Status.NXDOMAIN), ns=Failure.SERVFAIL, mx=Failure.TIMEOUT), 2),
        (domain(host(aaaa=Failure.NAME_TOO_LONG), mx=None), 0),
    ],
)
def test_what_is_not_known_is_counted(of_domain, unknown):
    """A host with a failed lookup adds one unknown, and so does a failed NS or MX lookup; an absence is known."""
    assert unknown == domain_row(of_domain, DATE).unknown
