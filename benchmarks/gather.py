"""
Measures how long `scrapy gather` takes for a shared crawl, and its memory: `make bench-gather`.

The answers are those of a small crawl with other names and addresses: ten of each domain. They are read once without
being written, then by the command.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.many import settings
from ipv6matrix.cluster import owner, payload, schema
from ipv6matrix.cluster.batch import Batch
from ipv6matrix.cluster.session import Session
from ipv6matrix.items import Answered
from tests import typed
from tests.cluster.test_gather import ROW
from tests.postgres import Postgres, running
from tests.samples import host, hosts_item
from tests.store import everything

_GUESSED: Final = ("www6", "ipv6", "six", "time")
# Of one domain. The names of its hosts, and its address, are replaced.
_ITEMS: Final[tuple[Answered, ...]] = (
    everything.DOMAIN,
    hosts_item(host("www.a.example", everything.ADDRESS)),
    *(hosts_item(host(f"{label}.a.example")) for label in _GUESSED),
    everything.REVERSE,
    everything.PING,
    everything.TCP,
    everything.TRACE,
)


def main() -> int:
    options = _options()
    with running(**settings()) as server, tempfile.TemporaryDirectory(prefix="gather-") as scratch:
        url = server.url()
        _begin(url)
        fill(server, url.rpartition("/")[2], options.domains)
        answers = options.domains * len(_ITEMS)
        began = time.monotonic()
        session = Session(url, "bench", is_owner=False)
        read = sum(len(page) for page in session.stream(range(owner.BUCKETS)))
        session.close()
        took_s = time.monotonic() - began
        print(f"{read:,} answers read in {took_s:.1f} s, {read / took_s:,.0f}/s", flush=True)
        if options.only_read:
            return 0
        parquet = ("--parquet", scratch) if options.parquet else ()
        command = typed.command("gather", url, *parquet, OUTPUT_DIR=scratch)
        began = time.monotonic()
        _, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
        took_s = time.monotonic() - began
        size = sum(path.stat().st_size for path in Path(scratch).rglob("*") if path.is_file())
        print(
            f"{answers:,} answers gathered in {took_s:.1f} s, {answers / took_s:,.0f}/s; CPU"
            f" {usage.ru_utime + usage.ru_stime:.1f} s, memory {usage.ru_maxrss / 1024:.0f} MB, results"
            f" {size / 1e6:,.0f} MB"
        )
        return os.waitstatus_to_exitcode(status)


def _begin(url: str) -> None:
    session = Session(url, "bench")
    session.join("bench")
    session.exchange(Batch(record=json.dumps({"crawl": ROW})), ())
    session.close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE run SET ended_at = started_at + 60")


def fill(server: Postgres, database: str, domains: int) -> None:
    """Store the answers of domains, in the order in which a crawl would have."""
    parts = list(schema.ranges())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda place: _fill(server, database, parts, place, domains), range(len(parts))):
            pass


def _fill(server: Postgres, database: str, parts: list[range], place: int, domains: int) -> None:
    texts = ", ".join("'" + payload.dump(item).replace("'", "''") + "'" for item in _ITEMS)
    ranks = ", ".join(str(payload.rank(item)) for item in _ITEMS)
    part = parts[place]
    server.execute(
        database,
        f"INSERT INTO answers SELECT {part.start} + n % {len(part)}, decode(md5(text || n), 'hex'), rank,"
        " replace(replace(replace(text, 'a.example', 'd' || n || '.example'),"
        f" '{everything.ADDRESS}', format('11.%s.%s.%s', n >> 16, n >> 8 & 255, n & 255)),"
        " '1.2.0.192.in-addr', format('%s.%s.%s.11.in-addr', n & 255, n >> 8 & 255, n >> 16))"
        f" FROM (SELECT n, unnest(ARRAY[{texts}]) AS text, unnest(ARRAY[{ranks}]) AS rank"
        f" FROM generate_series({place}, {domains - 1}, {len(parts)}) n) AS answers_of_domains",
        f"VACUUM (ANALYZE) answers_{part.start:04}",
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gather", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--domains", type=int, default=100_000, help="number of domains")
    parser.add_argument("--only-read", action="store_true", help="do not gather what was read")
    parser.add_argument("--parquet", action="store_true", help="make a Parquet data set instead of an ips.db")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
