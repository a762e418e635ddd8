"""An answer of each kind, and the whole content of a database."""

from __future__ import annotations

from ipv6matrix.items import (
    Certificate,
    ExclusionItem,
    Failure,
    Hop,
    Host,
    PortObservation,
    ReverseItem,
    Role,
    SmtpObservation,
    SoaRecord,
    Starttls,
    Stop,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from tests import urls
from tests.samples import AT, domain_item, host, hosts_item, lookup, ping_item

ADDRESS = "192.0.2.1"
SOA = SoaRecord(
    mname="ns.a.example", rname="h.a.example", serial=4294967295, refresh_s=2, retry_s=3, expire_s=4, minimum_s=5
)
TABLES = [
    "domains",
    "lookups",
    "first_answers",
    "soa_records",
    "hosts",
    "roles",
    "addresses",
    "host_addresses",
    "reverse_names",
    "pings",
    "ports",
    "smtp_sessions",
    "traces",
    "hops",
]

DOMAIN = domain_item(
    "a.example",
    ns=lookup("a.example", "NS", "ns.a.example", ttl_s=60),
    mx=lookup("a.example", "MX", status=Failure.SERVFAIL, ttl_s=None),
    soa=lookup("a.example", "SOA", SOA, ttl_s=70),
    roles=(
        Role(kind="NS", host="ns.a.example", priority=1),
        Role(kind="WWW", host="www.a.example", priority=0),
        Role(kind="NTP", host="ntp.a.example", priority=0),
    ),
    hosts=(Host(name="ntp.a.example", refusal="name_too_long"),),
)
HOSTS = hosts_item(
    host("www.a.example", "192.0.2.3", ADDRESS, "2001:db8::1", chosen=(ADDRESS, "192.0.2.3", "2001:db8::1")),
    host("six.a.example", ADDRESS, wildcard=True),
    places={ADDRESS: {"asn": 64496, "latitude": 1.5, "longitude": -2.5, "tunnel_id": None}},
)
REVERSE = ReverseItem(
    url=urls.reverse(ADDRESS),
    address=ADDRESS,
    lookup=lookup("1.2.0.192.in-addr.arpa", "PTR", "z.example", "b.example", ttl_s=30),
)
PING = ping_item(ADDRESS, 1.5, 0.25)
TCP = TcpItem(
    url=urls.tcp(ADDRESS, (25, 80), starttls=True),
    address=ADDRESS,
    tcp=TcpObservation(
        ports=(
            PortObservation(port=25, open=True, connect_ms=2.5, asked_at=AT),
            PortObservation(port=80, open=False, failure=Failure.TIMEOUT, asked_at=AT + 1),
        ),
        smtp=SmtpObservation(
            greeting_code=220,
            greeting="hello\nthere",
            hello="EHLO",
            starttls=Starttls.ACCEPTED,
            tls_version="TLSv1.3",
            certificate=Certificate(
                sha256="ab",
                subject="CN=s",
                issuer="CN=i",
                not_before=1.9,
                not_after=2.9,
                names=("a.example", "b,c"),
                names_total=2,
            ),
            asked_at=AT,
        ),
    ),
)
TRACE = TraceItem(
    url=urls.trace(ADDRESS),
    address=ADDRESS,
    trace=TraceObservation(
        hops=(Hop(ttl=1, address="198.18.0.1", rtt_ms=0.5), Hop(ttl=2), Hop(ttl=3, address=ADDRESS, rtt_ms=1.5)),
        stop=Stop.REACHED,
        reached_ttl=3,
        asked_at=AT,
    ),
)
REFUSAL = ExclusionItem(url=urls.ping("2001:db8::1"), address="2001:db8::1", reason="opted_out")
EVERYTHING = [DOMAIN, HOSTS, REVERSE, PING, TCP, TRACE, REFUSAL]


def facts(store):
    return {table: store.query(f"SELECT * FROM {table}") for table in TABLES}
