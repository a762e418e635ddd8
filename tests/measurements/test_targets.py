"""What is requested for a target."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    DomainItem,
    HostsItem,
    NtpItem,
    PingItem,
    PmtuItem,
    ReverseItem,
    TcpItem,
    TlsItem,
    WebItem,
)
from ipv6matrix.measurements import REGISTRY, hosts, ntp, ping, pmtu, ports, records, reverse, tls, trace, web
from ipv6matrix.measurements.base import Failed, Target
from tests.config.test_plan import plan
from tests.samples import AT

ADDRESS = "2001:db8::1"


@pytest.mark.parametrize(
    ("features", "metrics", "types"),
    [
        ("NS,MX,WWW,NTP", "soa", ("NS", "MX", "SOA")),
        ("NS,MX", "ping", ("NS", "MX")),
        ("NS", "soa,ping", ("NS", "SOA")),
        ("MX", "soa", ("MX",)),
        ("WWW,NTP", "soa", ()),
    ],
)
def test_features_determine_the_requested_records(features, metrics, types):
    """NS and MX are requested as features, SOA as a metric of the feature NS."""
    assert types == records.types(plan(FEATURES=features, METRICS=metrics))


@pytest.mark.parametrize(
    ("metrics", "numbers"),
    [
        ("tcp25,tcp80,tcp443,tls", (25, 80, 443)),
        ("tcp443,tcp80", (80, 443)),
        ("tls", (25,)),
        ("tcp25", (25,)),
        ("soa,reverse,geoip,ping,path,ip6Type", ()),
    ],
)
def test_metrics_determine_the_probed_ports(metrics, numbers):
    """Each port is probed once, in rising order; STARTTLS needs 25."""
    assert numbers == ports.ports(plan(METRICS=metrics))


def test_an_address_of_a_host_is_probed():
    """An address of a host gets one request of each measurement of addresses."""
    wanted = plan(METRICS="reverse,ping,tcp80,path")

    urls = REGISTRY.urls(Target(host="www.a.example", address=ADDRESS), wanted)

    assert [
        reverse.url(ADDRESS),
        ping.url(ADDRESS),
        ports.url(ADDRESS, (80,), starttls=False),
        trace.url(ADDRESS),
    ] == urls


def test_a_router_is_only_looked_up():
    """An address without a host is not probed."""
    assert [reverse.url(ADDRESS)] == REGISTRY.urls(Target(address=ADDRESS), plan())


@pytest.mark.parametrize("target", [Target(domain="a.example"), Target(host="www.a.example", address=ADDRESS)])
def test_what_is_not_wanted_is_not_requested(target):
    """Without a metric nothing follows from a domain or an address."""
    assert [] == REGISTRY.urls(target, plan(METRICS=""))


def test_each_domain_begins_with_one_request():
    """If no record is wanted, SOA shows whether the domain exists."""
    assert records.url("a.example", ("SOA",)) == REGISTRY.start("a.example", plan(FEATURES="", METRICS=""))


@pytest.mark.parametrize(
    ("failed", "urls"),
    [
        (Failed(item=DomainItem, subject="a.example", parts=("MX",), asked_at=AT), [records.url("a.example", ("MX",))]),
        (
            Failed(item=HostsItem, subject="mail.a.example", parts=("AAAA",), asked_at=AT),
            [hosts.url("mail.a.example", ("AAAA",))],
        ),
        (
            Failed(item=HostsItem, subject="a.example", labels=("www",), parts=("A",), asked_at=AT),
            [hosts.guesses("a.example", ("www",), ("A",))],
        ),
        (Failed(item=ReverseItem, subject=ADDRESS, parts=("PTR",), asked_at=AT), [reverse.url(ADDRESS)]),
        (Failed(item=PingItem, subject=ADDRESS, asked_at=AT), [ping.url(ADDRESS)]),
        (
            Failed(item=TcpItem, subject=ADDRESS, parts=("25", "80"), asked_at=AT),
            [ports.url(ADDRESS, (25, 80), starttls=True)],
        ),
        (Failed(item=NtpItem, subject=ADDRESS, asked_at=AT), [ntp.url(ADDRESS)]),
        (Failed(item=PmtuItem, subject=ADDRESS, asked_at=AT), [pmtu.url(ADDRESS)]),
        (Failed(item=TlsItem, subject=f"a.example {ADDRESS}", asked_at=AT), [tls.url(ADDRESS, "a.example")]),
        (
            Failed(item=WebItem, subject=f"a.example {ADDRESS}", parts=("http",), asked_at=AT),
            [web.url(ADDRESS, "a.example", "http", hosts=True)],
        ),
    ],
)
def test_a_retry_requests_only_what_failed(failed, urls):
    """Each measurement builds the URL that repeats its failures."""
    assert urls == REGISTRY.retries(failed, plan())


@pytest.mark.parametrize(
    ("label", "roles", "wildcard", "urls"),
    [
        ("ntp", {"NTP"}, False, [ntp.url(ADDRESS), pmtu.url(ADDRESS)]),
        ("ntp", {"NTP"}, True, [pmtu.url(ADDRESS)]),
        (
            "www",
            {"WWW"},
            True,
            [
                pmtu.url(ADDRESS),
                tls.url(ADDRESS, "www.a.example"),
                web.url(ADDRESS, "www.a.example", "https", hosts=True),
            ],
        ),
        ("www.ipv6", {"WWW"}, False, [pmtu.url(ADDRESS)]),
        ("www", set(), False, [pmtu.url(ADDRESS)]),
    ],
)
def test_services_are_those_of_their_hosts(label, roles, wildcard, urls):
    """
    Time servers are guessed hosts of that role, web sites the host `www`; mail hosts and name servers are neither.
    """
    host = f"{label}.a.example"
    target = Target(host=host, address=ADDRESS, roles=frozenset(roles), label=label, wildcard=wildcard)

    assert urls == REGISTRY.urls(target, plan(METRICS="ntp,https,web,pmtu", WWW_PREFIXES="www,www.ipv6"))


def test_only_the_path_of_ipv6_is_measured():
    """Over IPv4, routers may fragment packets."""
    assert [] == REGISTRY.urls(Target(host="www.a.example", address="192.0.2.1"), plan(METRICS="pmtu"))
