"""Known addresses are not processed again."""

from __future__ import annotations

from ipv6matrix.items import Hop, TraceItem, TraceObservation
from ipv6matrix.pipelines import dedup as module
from ipv6matrix.pipelines.dedup import DedupPipeline
from tests.crawlers import opened, store
from tests.samples import AT, host, hosts_item, ping_item


def left(dedup, *addresses):
    """Return the addresses that remain in an item with these."""
    return [address.address for address in dedup.process_item(hosts_item(host("a.example", *addresses))).addresses]


async def test_a_new_address_passes_until_it_is_stored(tmp_path):
    """An address is left out once the database has it with all its facts."""
    with opened(tmp_path) as crawler:
        dedup = DedupPipeline.from_crawler(crawler)
        assert ["192.0.2.1", "192.0.2.2"] == left(dedup, "192.0.2.1", "192.0.2.2")
        assert ["192.0.2.1"] == left(dedup, "192.0.2.1")

        store(crawler).complete(hosts_item(host("b.example", "192.0.2.1")))

        assert ["192.0.2.2"] == left(dedup, "192.0.2.1", "192.0.2.2")


async def test_hosts_stay(tmp_path):
    """Only addresses are removed, never their host."""
    with opened(tmp_path) as crawler:
        item = hosts_item(host("a.example", "192.0.2.1"))
        store(crawler).complete(item)

        assert item.hosts == DedupPipeline.from_crawler(crawler).process_item(item).hosts
        assert () == item.addresses


async def test_a_router_that_becomes_a_host_is_processed(tmp_path):
    """An address that is known only from a path is located when a host has it."""
    with opened(tmp_path) as crawler:
        trace = TraceObservation(hops=(Hop(ttl=1, address="192.0.2.9"),), asked_at=AT)
        store(crawler).complete(TraceItem(url="trace://192.0.2.1", address="192.0.2.1", trace=trace))

        assert ["192.0.2.9"] == left(DedupPipeline.from_crawler(crawler), "192.0.2.9")


async def test_a_forgotten_address_is_looked_up_in_the_database(tmp_path, monkeypatch):
    """The number of cached addresses is bounded; the least recently used is dropped first, and still known."""
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    with opened(tmp_path) as crawler:
        dedup = DedupPipeline.from_crawler(crawler)
        addresses = [f"192.0.2.{n}" for n in range(4)]
        store(crawler).complete(hosts_item(host("b.example", *addresses)))
        for _ in range(2):
            assert [] == left(dedup, *addresses)
        assert ["192.0.2.2", "192.0.2.3"] == list(dedup._recent)

        left(dedup, "192.0.2.2")
        left(dedup, "192.0.2.0")

        assert ["192.0.2.2", "192.0.2.0"] == list(dedup._recent)


async def test_other_items_pass(tmp_path):
    """An item without addresses is returned unchanged."""
    with opened(tmp_path) as crawler:
        item = ping_item("192.0.2.1")

        assert item is DedupPipeline.from_crawler(crawler).process_item(item)
