"""Zones and addresses of name servers, which different machines find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ipv6matrix.cluster import owner
from ipv6matrix.cluster.batch import Batch, HostOfAddress, ZoneOfHost
from ipv6matrix.cluster.session import Session
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.items import Role
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.name_servers import Pair, position
from tests.postgres import Postgres
from tests.samples import domain_item, host, hosts_item, lookup

ADDRESS = "192.0.2.53"
HOST = "ns1.host.example"


@pytest.fixture
def join(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Session]]:
    """Return a function that makes a session of one more machine."""
    monkeypatch.setattr(owner, "BUCKETS", 16)
    url = postgres.url()
    sessions: list[Session] = []

    def joined() -> Session:
        sessions.append(Session(url, f"machine-{len(sessions)}"))
        sessions[-1].join("plan")
        return sessions[-1]

    yield joined
    for session in sessions:
        session.close()


def zones(*names: str, host: str = HOST) -> Batch:
    return Batch(zones={ZoneOfHost(owner.bucket_of_name(host), host, name) for name in names})


def place(host: str = HOST, address: str = ADDRESS) -> Batch:
    home = owner.bucket_of_address(address)
    return Batch(hosts={HostOfAddress(home, address, owner.bucket_of_name(host), host)})


def in_order(*names: str) -> list[str]:
    return sorted(names, key=position)


def test_an_address_has_the_zones_of_all_its_hosts(join):
    """Whichever machine found them; a zone that two of its hosts serve is one pair."""
    session, other = join(), join()
    session.exchange(zones("a.example"), ())
    other.exchange(zones("b.example"), ())
    session.exchange(zones("b.example", host="ns2.host.example"), ())
    other.exchange(place(), ())
    session.exchange(place("ns2.host.example"), ())

    assert [Pair(zone, ADDRESS) for zone in in_order("a.example", "b.example")] == session.pairs(range(16), 10)


def test_only_the_owner_of_an_address_reads_its_zones(join):
    """So one machine asks it, and no more zones than NS_ZONES_PER_ADDRESS."""
    session = join()
    session.exchange(zones("a.example"), ())
    session.exchange(place(), ())
    home = owner.bucket_of_address(ADDRESS)

    assert [] == session.pairs(set(range(16)) - {home}, 10)
    assert [Pair("a.example", ADDRESS)] == session.pairs({home}, 10)


@pytest.mark.parametrize("found_first", [False, True])
def test_the_first_zones_are_read(join, found_first):
    """Up to the limit, for each address of a host, in whatever order they were found."""
    names = in_order(*(f"zone{number}.example" for number in range(10)))
    session = join()
    # With the index, PostgreSQL may read them in this order by itself.
    session._connection.execute("DROP INDEX zones_in_order")
    for name in names if found_first else names[::-1]:
        session.exchange(zones(name), ())
    for address in (ADDRESS, "2001:db8::53"):
        session.exchange(place(address=address), ())

    assert [Pair(name, address) for name in names[:2] for address in (ADDRESS, "2001:db8::53")] == session.pairs(
        range(16), 2
    )


def test_a_crawl_does_not_end_before_all_links_were_searched(join):
    """A zone that is stored after the search of another machine may be one of an address of its own."""
    session, other = join(), join()
    owned = set(session.take(16))
    session.exchange(Batch(listed=owned), owned)
    other.exchange(zones("a.example"), ())
    outlook = session.exchange(Batch(settled=owned, searched=0), owned)
    assert outlook.is_quiet
    assert not outlook.has_ended
    assert outlook.links == 1

    assert session.exchange(Batch(settled=owned, searched=1), owned).has_ended


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "copy.db")
    yield opened
    opened.close()


def frontier(store: Store, **more: bool) -> PostgresFrontier:
    made = PostgresFrontier(store, {"dns": 5}, **more)
    made.own(range(owner.BUCKETS), ())
    return made


def complete(made: PostgresFrontier) -> Batch:
    """Complete the lookups of a domain, an alias and two hosts, one without an address that may be probed."""
    alias = lookup("alias.example", "NS", HOST, canonical_name="a.example")
    roles = (Role(kind="NS", host=HOST, priority=1), Role(kind="MX", host="mx.a.example", priority=1))
    for item in (
        domain_item("a.example", ns=lookup("a.example", "NS", HOST), roles=roles),
        domain_item("alias.example", ns=alias, roles=roles),
        hosts_item(host(HOST, ADDRESS, "192.0.2.54", chosen=(ADDRESS,)), host("none.example")),
    ):
        made.add(item.url)
        made.complete(item)
    return made.take_batch()


def test_links_follow_from_answers(store: Store):
    """Name servers of zones, and addresses that may be probed."""
    batch = complete(frontier(store, has_links=True))

    assert zones("a.example").zones == batch.zones
    assert place().hosts == batch.hosts


def test_without_the_metric_there_are_no_links(store: Store):
    """Nothing is stored for it, and nothing has to be searched before the end."""
    made = frontier(store)
    batch = complete(made)
    made.links = 7
    made.settle()

    assert (set(), set()) == (batch.zones, batch.hosts)
    assert made.take_batch().searched == 7
