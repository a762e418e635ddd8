"""
The tables of a shared crawl.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ipv6matrix.cluster import owner

# Raised with every change of a table or of an item: machines of two versions cannot share a crawl.
VERSION: Final = 7
# Each has a range of buckets: small indexes, and a unit for Parquet and Citus.
_PARTITIONS: Final = 16

_TABLES: Final = (
    """
    CREATE TABLE run (
        id integer PRIMARY KEY CHECK (id = 1),
        version integer NOT NULL,
        plan text NOT NULL,
        opt_outs integer NOT NULL DEFAULT 0,
        started_at double precision NOT NULL,
        ended_at double precision
    )""",
    """
    CREATE TABLE workers (
        name text PRIMARY KEY,
        session integer NOT NULL,
        buckets integer NOT NULL,
        noted_at timestamptz NOT NULL,
        has_left boolean NOT NULL,
        record text NOT NULL
    )""",
    # What each machine has added, by `tally`: the sums are those of the whole crawl.
    """
    CREATE TABLE counts (
        worker text NOT NULL,
        kind text NOT NULL,
        name text NOT NULL,
        number bigint NOT NULL,
        PRIMARY KEY (worker, kind, name)
    )""",
    # clean: given back by its last owner, or never owned. listed: its domains of the list were
    # added. settled: its owner found nothing to retry, and no requests in that many links of all
    # machines (`searched`, compared with the sum of link_counts); every change of the bucket resets that.
    """
    CREATE TABLE buckets (
        bucket integer PRIMARY KEY,
        clean boolean NOT NULL DEFAULT true,
        listed boolean NOT NULL DEFAULT false,
        settled boolean NOT NULL DEFAULT false,
        searched bigint NOT NULL DEFAULT 0
    )""",
    # As in an opt-out file; run.opt_outs is raised with every change.
    "CREATE TABLE opt_outs (line text PRIMARY KEY)",
    "CREATE TABLE link_counts (worker text PRIMARY KEY, number bigint NOT NULL)",
)
_PARTITIONED: Final = {
    # A request is known if it is here or in answers: no third table has to be filled with all keys.
    # fresh: added by a machine that does not own the bucket; the owner has not read it yet.
    "pending": """key bytea NOT NULL, number bigint NOT NULL DEFAULT nextval('pending_number'), fresh boolean NOT NULL,
        url text NOT NULL, PRIMARY KEY (bucket, key)""",
    "answers": """key bytea NOT NULL, rank smallint NOT NULL, payload text NOT NULL,
        PRIMARY KEY (bucket, key)""",
    "discards": "key bytea NOT NULL, url text NOT NULL, number integer NOT NULL, PRIMARY KEY (bucket, key)",
    # Links: a zone, its name servers and their addresses are found by different machines.
    "zones_of_hosts": """host text NOT NULL, zone text NOT NULL, position bigint NOT NULL,
        PRIMARY KEY (bucket, host, zone)""",
    "hosts_of_addresses": """address text NOT NULL, host_bucket integer NOT NULL, host text NOT NULL,
        PRIMARY KEY (bucket, address, host)""",
}


def statements() -> Iterator[str]:
    """Yield the statements that create the tables."""
    yield from _TABLES
    yield f"INSERT INTO buckets (bucket) SELECT generate_series(0, {owner.BUCKETS - 1})"
    # The order of adding; sessions take numbers in blocks, so it holds for each of them only.
    yield "CREATE SEQUENCE pending_number CACHE 100"
    for table, columns in _PARTITIONED.items():
        yield f"CREATE TABLE {table} (bucket integer NOT NULL, {columns}) PARTITION BY RANGE (bucket)"
        for part in ranges():
            bounds = f"FROM ({part.start}) TO ({part.stop})"
            yield f"CREATE TABLE {table}_{part.start:04} PARTITION OF {table} FOR VALUES {bounds}"
    yield "CREATE INDEX pending_fresh ON pending (bucket) WHERE fresh"
    yield "CREATE INDEX zones_in_order ON zones_of_hosts (bucket, host, position)"


def ranges() -> Iterator[range]:
    """Yield the ranges of buckets, each of which has a partition of the large tables."""
    width = owner.BUCKETS // _PARTITIONS
    for low in range(0, owner.BUCKETS, width):
        yield range(low, low + width)
