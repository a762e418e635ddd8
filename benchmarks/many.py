"""
Measures how many answers PostgreSQL stores for several processes of a shared crawl: `make bench-many`.

Processes exchange batches of synthetic answers, each with requests that follow from it, as fast as the server takes
them; nothing is sent. The table `seen` is filled further between the measurements.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from multiprocessing.queues import Queue
from typing import Final

from ipv6matrix.cluster import owner, payload
from ipv6matrix.cluster.batch import Answer, Batch, Request
from ipv6matrix.cluster.session import Session
from ipv6matrix.items import PingItem, PingObservation
from tests.postgres import Postgres, running

# Requests for each answer: about as many as are answered.
_PER_BATCH: Final = 1_000
_ROWS_PER_STEP: Final = 1_000_000
# Buffers for the indexes, and few checkpoints, after which whole pages are logged.
_SERVER: Final = {"fsync": "on", "shared_buffers": "1GB", "max_wal_size": "8GB", "wal_compression": "on"}
_KEYS: Final = (0, 1_000_000, 10_000_000, 50_000_000)
_ITEM: Final = PingItem(
    url="ping://192.0.2.1",
    address="192.0.2.1",
    ping=PingObservation(sent=5, rtts_ms=(20.125, 20.25, 20.5, 21.0, 22.0), asked_at=1.7e9),
)
_TEXT: Final = payload.dump(_ITEM)


def main() -> int:
    options = _options()
    with running(**_SERVER) as server:
        url = server.url()
        session = Session(url, "bench")
        session.join("bench")
        session.close()
        print(f"{options.processes} processes, batches of {_PER_BATCH} answers")
        for keys in options.keys:
            fill(server, url, keys)
            answers = measure(url, options.processes, options.seconds)
            size = server.execute(url.rpartition("/")[2], "SELECT pg_size_pretty(pg_database_size(current_database()))")
            print(
                f"{keys:>12,} keys in seen: {answers / options.seconds:>8,.0f} answers/s; database {size[0][0]}",
                flush=True,
            )
    return 0


def fill(server: Postgres, url: str, keys: int) -> None:
    """Add random keys to `seen` until it has that many."""
    database = url.rpartition("/")[2]
    ((present,),) = server.execute(database, "SELECT count(*) FROM seen")
    for start in range(int(str(present)), keys, _ROWS_PER_STEP):
        rows = min(_ROWS_PER_STEP, keys - start)
        server.execute(
            database,
            "SET synchronous_commit = off",
            "INSERT INTO seen SELECT (random() * 4095)::int, decode(md5(random()::text || n), 'hex')"
            f" FROM generate_series(1, {rows}) n ORDER BY 1 ON CONFLICT DO NOTHING",
        )
    server.execute(database, "ANALYZE seen")


def measure(url: str, processes: int, seconds: float) -> int:
    """Return the number of answers that processes have stored in a time."""
    context = multiprocessing.get_context("spawn")
    numbers: Queue[int] = context.Queue()
    some = [context.Process(target=work, args=(url, number, seconds, numbers)) for number in range(processes)]
    for process in some:
        process.start()
    total = sum(numbers.get() for _ in some)
    for process in some:
        process.join()
    return total


def work(url: str, number: int, seconds: float, numbers: Queue[int]) -> None:
    """Store batches of answers, and put their number into a queue."""
    session = Session(url, f"bench-{number}")
    session.join("bench")
    waiting: list[Request] = []
    stored, ends_at = 0, time.monotonic() + seconds
    while time.monotonic() < ends_at:
        found = [_request() for _ in range(_PER_BATCH)]
        answers = [Answer(one.bucket, one.key, 1, _TEXT, _ITEM) for one in waiting]
        session.exchange(
            Batch(requests={one.key: one for one in found}, answers={one.key: one for one in answers}), range(0)
        )
        stored, waiting = stored + len(answers), found
    session.close()
    numbers.put(stored)


def _request() -> Request:
    key = os.urandom(16)
    return Request(
        int.from_bytes(key[:4], "big") % owner.BUCKETS, key, f"ping://[2001:db8::{key.hex()[:4]}]", fresh=False
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.many", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--processes", type=int, default=4, help="number of processes")
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of each measurement")
    parser.add_argument("--keys", type=int, nargs="+", default=_KEYS, help="numbers of keys in seen")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
