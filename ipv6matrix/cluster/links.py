"""
Links between facts of different owners: the zones of hosts, and the hosts of addresses.

The machine that finds one stores it with its answer. The owner of an address reads them, and
asks the address for its zones.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import psycopg

from ipv6matrix.cluster.batch import Batch, HostOfAddress, ZoneOfHost
from ipv6matrix.cluster.owner import bucket_of_address, bucket_of_name
from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Answered, DomainItem, HostsItem
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import name_servers
from ipv6matrix.store.queries.name_servers import Pair, position


def are_needed(plan: Plan) -> bool:
    """Return whether a crawl asks name servers, which nothing but links leads to."""
    return "nameservers" in plan.metrics


def find(store: Store, item: Answered, batch: Batch) -> None:
    """Add the links of an answer, which the store already has, to a batch."""
    if isinstance(item, DomainItem):
        for host in name_servers.hosts(store, item.name):
            batch.zones.add(ZoneOfHost(bucket_of_name(host), host, item.name))
    elif isinstance(item, HostsItem):
        for name in (host.name for host in item.hosts if host.chosen):
            for address in name_servers.addresses(store, name):
                batch.hosts.add(HostOfAddress(bucket_of_address(address), address, bucket_of_name(name), name))


def write(connection: psycopg.Connection[Any], worker: str, batch: Batch) -> None:
    """Store the links of a batch; those that are known do not change."""
    if batch.zones:
        connection.execute(
            "INSERT INTO zones_of_hosts"
            " SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::bigint[]) ON CONFLICT DO NOTHING",
            [
                list(column)
                for column in zip(*((*link, position(link.zone)) for link in sorted(batch.zones)), strict=True)
            ],
        )
    if batch.hosts:
        connection.execute(
            "INSERT INTO hosts_of_addresses SELECT * FROM unnest(%s::int[], %s::text[], %s::int[], %s::text[])"
            " ON CONFLICT DO NOTHING",
            [list(column) for column in zip(*sorted(batch.hosts), strict=True)],
        )
    if number := len(batch.zones) + len(batch.hosts):
        connection.execute(
            "INSERT INTO link_counts VALUES (%s, %s)"
            " ON CONFLICT (worker) DO UPDATE SET number = link_counts.number + EXCLUDED.number",
            (worker, number),
        )


def pairs(connection: psycopg.Connection[Any], buckets: Collection[int], most_zones: int) -> list[Pair]:
    """Return up to `most_zones` zones of each host of the addresses in some buckets, by position."""
    # Popular hosts serve millions of zones, of which the index returns the first.
    rows = connection.execute(
        "SELECT DISTINCT position, zone, address FROM hosts_of_addresses AS places"
        " CROSS JOIN LATERAL (SELECT position, zone FROM zones_of_hosts WHERE bucket = places.host_bucket"
        " AND host = places.host ORDER BY position, zone LIMIT %s) AS served"
        " WHERE bucket = ANY(%s) ORDER BY position, zone, address",
        (most_zones, list(buckets)),
    )
    return [Pair(zone, address) for _, zone, address in rows]
