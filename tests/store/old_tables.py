"""A small crawl made by hand, and the rows that the old tables have of it."""

from __future__ import annotations

from typing import Any

from ipv6matrix.items import (
    Failure,
    Hop,
    PortObservation,
    ReverseItem,
    Role,
    SmtpObservation,
    SoaRecord,
    Starttls,
    Status,
    Stop,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from tests import urls
from tests.samples import AT, domain_item, host, hosts_item, lookup, ping_item

BERLIN = {
    "asn": 64498,
    "as_organisation": 'Spree "Online" GmbH',
    "city": "Berlin",
    "region": "State of Berlin",
    "country_code": "DE",
    "latitude": 52.5244,
    "longitude": 13.4105,
}


def role(kind, name, priority):
    return Role(kind=kind, host=name, priority=priority)


def soa(mname, rname, serial):
    return SoaRecord(
        mname=mname, rname=rname, serial=serial, refresh_s=7200, retry_s=3600, expire_s=1209600, minimum_s=300
    )


def answered(name, *roles, ns=Status.OK, mx=Status.OK, record=None):
    """Return the item of a domain with these lookup statuses."""
    return domain_item(
        name,
        ns=lookup(name, "NS", status=ns),
        mx=lookup(name, "MX", status=mx),
        soa=lookup(name, "SOA", record) if record else lookup(name, "SOA"),
        roles=roles,
    )


def reverse_item(address, *names, status=None):
    answer = lookup(urls.reverse(address), "PTR", *names, status=status)
    return ReverseItem(url=urls.reverse(address), address=address, lookup=answer)


def port(number, failure=None):
    return PortObservation(port=number, open=failure is None, failure=failure, asked_at=AT)


def tcp_item(address, *ports, smtp=None):
    url = urls.tcp(address, tuple(observation.port for observation in ports), starttls=True)
    return TcpItem(url=url, address=address, tcp=TcpObservation(ports=ports, smtp=smtp))


def smtp(code, starttls=None, **more):
    return SmtpObservation(greeting_code=code, starttls=starttls, asked_at=AT, **more)


def trace_item(address, *hops, reached=None, failure=None):
    trace = TraceObservation(
        hops=tuple(Hop(ttl=ttl, address=hop, rtt_ms=1.0 if hop else None) for ttl, hop in enumerate(hops, start=1)),
        stop=None if failure else (Stop.REACHED if reached else Stop.GAP_LIMIT),
        reached_ttl=reached,
        failure=failure,
        asked_at=AT,
    )
    return TraceItem(url=urls.trace(address), address=address, trace=trace)


DOMAINS = [
    # Has every kind of fact. Its web host is the mail host of another domain.
    answered(
        "a.example",
        role("NS", "ns1.a.example", 1),
        role("NS", "ns.b.example", 2),
        role("MX", "mail.a.example", 10),
        role("MX", "mx.b.example", 20),
        role("WWW", "www.a.example", 0),
        role("NTP", "ntp.a.example", 0),
        record=soa("ns1.a.example", "hostmaster.a.example", 2024010101),
    ),
    # Its only mail host is the web host of the other domain; it has no name servers.
    answered("shop.test", role("MX", "www.a.example", 5), ns=Status.NODATA, record=soa("x.test", "y.test", 7)),
    # Accepts no mail (null MX), and its name server merely shares its suffix.
    answered("null.test", role("NS", "ns.notnull.test", 1), record=soa("ns.notnull.test", "admin.null.test", 1)),
    # Does not exist.
    answered("gone.co.uk", ns=Status.NXDOMAIN, mx=Status.NXDOMAIN),
    # Lookups failed.
    answered("failed.test", ns=Failure.SERVFAIL, mx=Failure.TIMEOUT),
    # Opted out: nothing was requested.
    domain_item("out.test", refusal="opted_out"),
]

HOSTS = [
    hosts_item(
        host("ns1.a.example", "198.51.100.1", "2001:db8::1"),
        places={"198.51.100.1": BERLIN, "2001:db8::1": BERLIN},
    ),
    # Its answer has only a private address, in first place.
    hosts_item(
        host("mail.a.example", "10.0.0.5", "198.51.100.2", chosen=("198.51.100.2",)),
        places={"198.51.100.2": {"asn": 64503, "country_code": "NL"}},
    ),
    hosts_item(host("ns.b.example", "198.51.100.3")),
    hosts_item(
        host("www.a.example", "198.51.100.4", "2002:c633:6404::1"),
        places={
            "198.51.100.4": {"latitude": -23.5, "longitude": -46.25},
            "2002:c633:6404::1": {"tunnel_id": "U0001"},
        },
    ),
    hosts_item(host("ntp.a.example")),
    # mx.b.example and ns.notnull.test have not been looked up yet.
]

PROBES: list[Any] = [
    ping_item("198.51.100.1", 10.0, 20.0, 30.0, sent=3),
    ping_item("2001:db8::1", 1.23456, sent=5),
    ping_item("198.51.100.2", sent=5),
    ping_item("198.51.100.3", sent=0, failure=Failure.PERMISSION_DENIED),
    reverse_item("198.51.100.1", "ns1.a.example"),
    reverse_item("198.51.100.2", status=Status.NXDOMAIN),
    reverse_item("198.51.100.3", "z.b.example", "ns.b.example"),
    reverse_item("198.51.100.4", status=Failure.TIMEOUT),
    reverse_item("198.18.0.1", "r1.test"),
    reverse_item("198.18.0.2", status=Status.NXDOMAIN),
    # Greets, and STARTTLS works whatever the certificate; 443 is closed.
    tcp_item(
        "198.51.100.1",
        port(25),
        port(80),
        port(443, Failure.CONNECTION_REFUSED),
        smtp=smtp(220, Starttls.ACCEPTED, tls_version="TLSv1.3"),
    ),
    # Open, but not a mail server.
    tcp_item("198.51.100.2", port(25), port(80, Failure.TIMEOUT), port(443), smtp=smtp(554)),
    # Only port 80 was probed.
    tcp_item("198.51.100.3", port(80)),
    # Greets, without STARTTLS; probing 80 was not permitted on this machine, and probing 443 failed locally.
    tcp_item(
        "198.51.100.4",
        port(25),
        port(80, Failure.PERMISSION_DENIED),
        port(443, Failure.PROBE_FAILED),
        smtp=smtp(220, Starttls.NOT_OFFERED),
    ),
    # Filtered on port 25.
    tcp_item("2001:db8::1", port(25, Failure.TIMEOUT), port(80), port(443)),
    # Sends nothing on port 25.
    tcp_item("2002:c633:6404::1", port(25), smtp=smtp(None, failure=Failure.TIMEOUT)),
    trace_item("198.51.100.1", "198.18.0.1", None, "198.18.0.2", "198.51.100.1", reached=4),
    trace_item("198.51.100.2", "198.18.0.1", None, None),
    trace_item("2001:db8::1", "2001:db8::1", reached=1),
    trace_item("198.51.100.3", failure=Failure.PROBE_FAILED),
]

# Columns and rows, derived by hand from the description of the old tables.
EXPECTED: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "job": (
        "type domain host priority tld",
        [
            ("NS", "a.example", "ns1.a.example.", 1, "example"),
            ("NS", "a.example", "ns.b.example.", 2, "example"),
            ("MX", "a.example", "mail.a.example.", 10, "example"),
            ("MX", "a.example", "mx.b.example.", 20, "example"),
            ("WWW", "a.example", "www.a.example", 0, "example"),
            ("NTP", "a.example", "ntp.a.example", 0, "example"),
            ("NS", "shop.test", "n/a", 1, "test"),
            ("MX", "shop.test", "www.a.example.", 5, "test"),
            ("NS", "null.test", "ns.notnull.test.", 1, "test"),
            ("MX", "null.test", "n/a", 10, "test"),
            ("NS", "gone.co.uk", "n/a", 1, "uk"),
            ("MX", "gone.co.uk", "n/a", 10, "uk"),
            ("NS", "failed.test", "n/a", 1, "test"),
            ("MX", "failed.test", "n/a", 10, "test"),
        ],
    ),
    "soa": (
        "host primaryBySOA primaryByRank primaryInHouse secondary total soa tld",
        [
            (
                "a.example",
                "ns1.a.example",
                "ns1.a.example",
                1,
                1,
                2,
                "hostmaster.a.example,2024010101,7200,3600,1209600,300",
                "example",
            ),
            ("shop.test", "x.test", "n/a", 0, 0, 0, "y.test,7,7200,3600,1209600,300", "test"),
            (
                "null.test",
                "ns.notnull.test",
                "ns.notnull.test",
                0,
                0,
                1,
                "admin.null.test,1,7200,3600,1209600,300",
                "test",
            ),
        ],
    ),
    "ip4": (
        "host ip asn city region_name country_code longitude latitude",
        [
            (
                "ns1.a.example.",
                "198.51.100.1",
                "AS64498 Spree Online GmbH",
                "Berlin",
                "State of Berlin",
                "DE",
                13.4105,
                52.5244,
            ),
            ("ns.b.example.", "198.51.100.3", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
            ("mail.a.example.", "198.51.100.2", "AS64503", "n/a", "n/a", "NL", "n/a", "n/a"),
            ("mx.b.example.", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
            ("www.a.example", "198.51.100.4", "n/a", "n/a", "n/a", "n/a", -46.25, -23.5),
            ("www.a.example.", "198.51.100.4", "n/a", "n/a", "n/a", "n/a", -46.25, -23.5),
            ("ntp.a.example", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
            ("ns.notnull.test.", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "ip6": (
        "host ip valid id type",
        [
            ("ns1.a.example.", "2001:db8::1", "True", "n/a", "undefined"),
            ("ns.b.example.", "n/a", "n/a", "n/a", "n/a"),
            ("mail.a.example.", "n/a", "n/a", "n/a", "n/a"),
            ("mx.b.example.", "n/a", "n/a", "n/a", "n/a"),
            ("www.a.example", "2002:c633:6404::1", "True", "U0001", "undefined"),
            ("www.a.example.", "2002:c633:6404::1", "True", "U0001", "undefined"),
            ("ntp.a.example", "n/a", "n/a", "n/a", "n/a"),
            ("ns.notnull.test.", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "ping": (
        "ip count min avg max mdev",
        [
            # The standard deviation of 10, 20 and 30 is the root of 200/3; their jitter would be 10.
            ("198.51.100.1", 3, 10.0, 20.0, 30.0, 8.165),
            ("2001:db8::1", 5, 1.235, 1.235, 1.235, 0.0),
            ("198.51.100.2", 5, "n/a", "n/a", "n/a", "n/a"),
            ("n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "rdns": (
        "ip reverse",
        [
            ("198.51.100.1", "ns1.a.example"),
            ("198.51.100.2", "n/a"),
            ("198.51.100.3", "ns.b.example"),
            ("198.51.100.4", "n/a"),
            ("198.18.0.1", "r1.test"),
            ("198.18.0.2", "198.18.0.2"),
            ("n/a", "n/a"),
        ],
    ),
    "tcp": (
        "ip port25 port80 port443 starttls",
        [
            ("198.51.100.1", "True", "True", "False", "True"),
            ("198.51.100.2", "False", "False", "True", "False"),
            ("198.51.100.3", "n/a", "True", "n/a", "n/a"),
            ("198.51.100.4", "True", "n/a", "n/a", "False"),
            ("2001:db8::1", "False", "True", "True", "False"),
            ("2002:c633:6404::1", "False", "n/a", "n/a", "n/a"),
            ("n/a", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "tracert": (
        "ip mtu hops path",
        [
            ("198.51.100.1", "n/a", 4, "r1.test --> no --> 198.18.0.2 --> ns1.a.example"),
            ("198.51.100.2", "n/a", "n/a", "r1.test --> no --> no"),
            ("2001:db8::1", "n/a", 1, "2001:db8::1"),
            ("n/a", "n/a", "n/a", "n/a"),
        ],
    ),
}
