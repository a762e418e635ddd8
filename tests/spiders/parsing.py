"""The spider's reaction to an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from ipv6matrix.items import (
    Answered,
    DomainObservation,
    HostObservation,
    HostsObservation,
    SoaRecord,
)
from tests import urls
from tests.samples import domain_url, lookup, response

ALL = "soa,reverse,geoip,ping,tcp80,tcp443,tcp25,tls,path,ip6Type"
SOA = SoaRecord(
    mname="ns1.a.example", rname="hostmaster.a.example", serial=1, refresh_s=2, retry_s=3, expire_s=4, minimum_s=5
)
GUESSES = {"WWW_PREFIXES": "www,six", "NTP_PREFIXES": "ntp"}


def parsed(spider, url, observation, **meta):
    """Return the URLs that follow from an answer, and its item without them."""
    output = spider.parse(response(url, observation, **meta))
    item = asyncio.run(_awaited(output)) if isinstance(output, Awaitable) else output
    assert isinstance(item, Answered)
    assert url == item.url
    return list(item.follow_ups), replace(item, follow_ups=())


async def _awaited(output):
    return await output


def domain(spider, *, ns=None, mx=None, soa=None, name="a.example"):
    return parsed(spider, domain_url(name), DomainObservation(ns=ns, mx=mx, soa=soa))


def hosts(spider, *addresses, name="www.a.example"):
    """Parse the answer for one host that has these addresses, in this order."""
    observation = HostObservation(
        name=name,
        a=lookup(name, "A", *(text for text in addresses if ":" not in text)),
        aaaa=lookup(name, "AAAA", *(text for text in addresses if ":" in text)),
    )
    return parsed(spider, urls.host(name), HostsObservation(hosts=(observation,)))


def chosen(spider, *addresses):
    _, item = hosts(spider, *addresses)
    return item.hosts[0].chosen


def roles(item, kind):
    return [(role.host, role.priority) for role in item.roles if role.kind == kind]
