"""The requests to name servers, from facts of a crawl."""

from __future__ import annotations

import pytest
from scrapy.exceptions import DontCloseSpider

from ipv6matrix import context
from ipv6matrix.extensions import name_servers as module
from ipv6matrix.extensions.name_servers import NameServers
from ipv6matrix.items import (
    Address,
    DomainItem,
    Host,
    HostsItem,
    LookupObservation,
    NameServerAnswer,
    NameServerItem,
    NameServerObservation,
    Role,
    Status,
)
from ipv6matrix.measurements import name_servers
from ipv6matrix.store.queries import name_servers as queries
from ipv6matrix.store.queries.name_servers import position
from ipv6matrix.urls import parse
from tests.crawlers import opened

ADDRESSES = ("192.0.2.53", "2001:db8::53")


def lookup(name, rdtype, *records, **more):
    return LookupObservation(name=name, type=rdtype, status=Status.OK, records=records, asked_at=1.0, **more)


def store_zones(store, *names, **more):
    """Store domains with a common name server, and the addresses of that."""
    for name in names:
        roles = (Role(kind="NS", host="ns.example", priority=1),)
        ns = lookup(name, "NS", "ns.example", **more)
        store.complete(DomainItem(url=f"dns://{name}", name=name, tld="example", ns=ns, roles=roles, asked_at=1.0))
    host = Host(name="ns.example", a=lookup("ns.example", "A", ADDRESSES[0]), chosen=ADDRESSES)
    host.aaaa = lookup("ns.example", "AAAA", ADDRESSES[1])
    addresses = tuple(
        Address(address=address, family=6 if ":" in address else 4, found_at=1.0) for address in ADDRESSES
    )
    store.complete(HostsItem(url="dns://ns.example", hosts=(host,), addresses=addresses))


def answered(url):
    """Return the item of a request for one zone."""
    parsed = parse(url)
    (zone,) = parsed.zones
    answer = NameServerAnswer.AUTHORITATIVE
    observation = NameServerObservation(zone=zone, address=parsed.subject, tcp=parsed.tcp, answer=answer, asked_at=1.0)
    return NameServerItem(url=url, zones=(observation,))


async def idle(extension):
    """Let the crawl be idle, and return how many requests the extension has added."""
    with pytest.raises(DontCloseSpider):
        extension.spider_idle()
    return await extension._look


def urls(*zones, tcp):
    return [name_servers.url(zones, address, tcp=tcp) for address in ADDRESSES]


def in_order(*names):
    return sorted(names, key=position)


def test_positions_are_a_hash_that_never_changes():
    """Processes, machines and crawls agree on them; they have nothing to do with the alphabet."""
    names = [f"zone{number:02}.example" for number in range(20)]

    assert 7369052659739465991 == position("a.example")
    assert names != in_order(*names)


@pytest.mark.parametrize("found_first", [False, True])
@pytest.mark.parametrize("most", [1000, 2])
async def test_each_address_is_asked_for_its_zones(tmp_path, most, found_first):
    """The first zones by their position, up to the limit, are requested over UDP, and one of them over TCP."""
    names = in_order("a.example", "b.example", "c.example", "d.example")
    with opened(tmp_path, METRICS="nameservers", NS_ZONES_PER_ADDRESS=most) as crawler:
        shared = context.of(crawler)
        store_zones(shared.job.store, *(names if found_first else names[::-1]))
        zones = names[:most]

        assert 4 == await idle(NameServers.from_crawler(crawler))
        assert all(shared.frontier.knows(url) for url in urls(*zones, tcp=False))
        assert [min(zones)] == [zone for zone in names if shared.frontier.knows(urls(zone, tcp=True)[0])]


async def test_many_chunks_are_in_order(tmp_path, monkeypatch):
    """Domains are read in parts, whose order is that of the positions in them."""
    monkeypatch.setattr(queries, "_CHUNK", 2)
    names = [f"zone{number}.example" for number in range(9)]
    with opened(tmp_path, METRICS="nameservers") as crawler:
        shared = context.of(crawler)
        store_zones(shared.job.store, *names)
        pairs = [pair for chunk in queries.pairs(shared.job.store) for pair in chunk]

    assert [(zone, address) for zone in in_order(*names) for address in ADDRESSES] == pairs


async def test_many_zones_are_several_requests(tmp_path):
    """One request has 16 zones at most; they are in the order of their positions."""
    names = in_order(*(f"zone{number}.example" for number in range(17)))
    with opened(tmp_path, METRICS="nameservers") as crawler:
        shared = context.of(crawler)
        store_zones(shared.job.store, *sorted(names))

        assert 6 == await idle(NameServers.from_crawler(crawler))
        assert all(shared.frontier.knows(url) for url in (*urls(*names[:16], tcp=False), *urls(names[16], tcp=False)))


async def test_few_zones_wait_for_others(tmp_path, monkeypatch):
    """If too many zones wait, those that have waited longest are requested."""
    monkeypatch.setattr(module, "_MOST_WAITING", 1)
    with opened(tmp_path, METRICS="nameservers") as crawler:
        shared = context.of(crawler)
        store_zones(shared.job.store, "a.example", "b.example")

        assert 6 == await idle(NameServers.from_crawler(crawler))
        assert all(shared.frontier.knows(url) for zone in ("a.example", "b.example") for url in urls(zone, tcp=False))


async def test_what_has_an_answer_is_not_requested(tmp_path):
    """A zone that is found later, in the retry pass, is requested without those that have an answer."""
    with opened(tmp_path, METRICS="nameservers") as crawler:
        shared = context.of(crawler)
        extension = NameServers.from_crawler(crawler)
        store_zones(shared.job.store, "b.example")
        await idle(extension)
        for url in urls("b.example", tcp=False):
            shared.frontier.complete(answered(url))
        store_zones(shared.job.store, "c.example")

        assert 2 == await idle(extension)
        assert all(shared.frontier.knows(url) for url in urls("c.example", tcp=False))


async def test_what_never_has_an_answer_is_requested_once(tmp_path):
    """Requests that were excluded are done; the search finds them again, and the crawl ends."""
    with opened(tmp_path, METRICS="nameservers") as crawler:
        shared = context.of(crawler)
        extension = NameServers.from_crawler(crawler)
        store_zones(shared.job.store, "a.example", "b.example")
        await idle(extension)
        for url in urls(*in_order("a.example", "b.example"), tcp=False):
            shared.frontier.complete(NameServerItem(url=url))

        assert 0 == await idle(extension)


async def test_what_another_machine_owns_is_left_to_it(tmp_path, monkeypatch):
    """In a shared crawl, an address may change hands during the search; the frontier then knows its requests."""
    with opened(tmp_path, METRICS="nameservers") as crawler:
        shared = context.of(crawler)
        store_zones(shared.job.store, "a.example")
        monkeypatch.setattr(shared.frontier, "knows", lambda url: True)

        assert 0 == await idle(NameServers.from_crawler(crawler))
        assert not shared.frontier.has_pending()


async def test_nothing_is_requested_twice(tmp_path):
    """The crawl may end once a search has found no new pair."""
    with opened(tmp_path, METRICS="nameservers") as crawler:
        store_zones(context.of(crawler).job.store, "a.example")
        extension = NameServers.from_crawler(crawler)

        assert [4, 0] == [await idle(extension), await idle(extension)]
        assert extension.spider_idle() is None


@pytest.mark.parametrize("metrics", ["ping", ""])
async def test_without_the_metric_the_crawl_ends(tmp_path, metrics):
    """If the metric is not measured, nothing is searched."""
    with opened(tmp_path, METRICS=metrics) as crawler:
        store_zones(context.of(crawler).job.store, "a.example")

        assert NameServers.from_crawler(crawler).spider_idle() is None


async def test_an_alias_is_no_zone(tmp_path):
    """The NS records at the end of an alias are those of another zone."""
    with opened(tmp_path, METRICS="nameservers") as crawler:
        store_zones(context.of(crawler).job.store, "alias.example", canonical_name="b.example")

        assert 0 == await idle(NameServers.from_crawler(crawler))
