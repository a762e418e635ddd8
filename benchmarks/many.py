"""
Measures how many answers PostgreSQL stores for several processes of a shared crawl: `make bench-many`.

Processes exchange batches of synthetic answers, each with requests that follow from it, as fast as the server takes
them; nothing is sent. The server has the settings of deploy/, with memory for this machine. Before each
measurement the table `answers` is filled, and all of it written to the disk; so each begins right after a checkpoint.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Final, NamedTuple

from ipv6matrix.cluster import owner, payload, schema
from ipv6matrix.cluster.batch import Answer, Batch, Request
from ipv6matrix.cluster.session import Session
from ipv6matrix.items import PingItem, PingObservation
from tests.postgres import Postgres, running
from tests.typed import ROOT

# Requests for each answer: about as many as are answered.
_PER_BATCH: Final = 1_000
_SETTINGS: Final = ROOT / "deploy/postgresql/ipv6matrix.conf"
# The memory of the machine that the settings are for, and those that depend on it.
_MEMORY_GB: Final = 32
_SIZES: Final = ("shared_buffers", "effective_cache_size", "maintenance_work_mem")
# Rows of a transaction that creates their table are not logged.
_FILLING: Final = {"wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off"}
_KEYS: Final = (0, 1_000_000, 10_000_000, 25_000_000, 50_000_000)
_ITEM: Final = PingItem(
    url="ping://192.0.2.1",
    address="192.0.2.1",
    ping=PingObservation(sent=5, rtts_ms=(20.125, 20.25, 20.5, 21.0, 22.0), asked_at=1.7e9),
)
_TEXT: Final = payload.dump(_ITEM)


class Costs(NamedTuple):
    """What the server has done since its start."""

    cpu_s: float
    "Of sessions that have ended, and of autovacuum."
    octets: int
    "Written to the log."
    pages: int
    "Whole pages in the log: each that is changed for the first time after a checkpoint."


def main() -> int:
    options = _options()
    with running(**settings()) as server:
        url = server.url()
        database = url.rpartition("/")[2]
        session = Session(url, "bench")
        session.join("bench")
        session.close()
        print(f"{options.processes} processes, batches of {_PER_BATCH} answers, {options.per_owner} of each owner")
        for keys in options.keys:
            fill(server, database, keys, options.per_owner)
            before = _costs(server)
            answers = measure(url, options)
            cpu_s, octets, pages = (new - old for new, old in zip(_costs(server), before, strict=True))
            print(
                f"{keys:>12,} answers before: {answers / options.seconds:>8,.0f} answers/s, each with"
                f" {1e6 * cpu_s / answers:>4,.0f} us of the server's CPU, {octets / answers:>6,.0f} octets and"
                f" {pages / answers:.2f} whole pages in its log",
                flush=True,
            )
    return 0


def settings() -> dict[str, str]:
    """Return the settings of deploy/, with memory for this machine."""
    values = dict(re.findall(r"^(\w+) = '?(.*?)'?$", _SETTINGS.read_text(), re.MULTILINE))
    del values["listen_addresses"]
    share = min(1.0, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (_MEMORY_GB << 30))
    for name in _SIZES:
        values[name] = f"{int(int(values[name].removesuffix('GB')) * share * 1024)}MB"
    return values | {"fsync": "on"}


def fill(server: Postgres, database: str, rows: int, per_owner: int) -> None:
    """Replace what the database contains by that many answers; their texts, which nothing reads, are empty."""
    normal = server.options
    _restart(server, normal | _FILLING)
    server.execute(database, "TRUNCATE pending", "ALTER TABLE answers DROP CONSTRAINT answers_pkey")
    parts = list(schema.ranges())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda part: _fill(server, database, part, rows // len(parts), per_owner), parts):
            pass
    server.execute(database, "ALTER TABLE answers ADD PRIMARY KEY (bucket, key)")
    _restart(server, normal)


def _fill(server: Postgres, database: str, part: range, rows: int, per_owner: int) -> None:
    table = f"answers_{part.start:04}"
    server.execute(
        database,
        "BEGIN",
        f"TRUNCATE {table}",
        f"INSERT INTO {table} SELECT {part.start} + ('x' || substr(whose, 9, 4))::bit(16)::int % {len(part)},"
        f" decode(substr(whose, 1, 8) || substr(md5(n::text), 1, 24), 'hex'), 1, ''"
        f" FROM (SELECT n, md5('{part.start} ' || n / {per_owner}) AS whose FROM generate_series(1, {rows}) n) AS rows",
        # As full as the pages of an index that grows in random order.
        f"ALTER TABLE {table} ADD PRIMARY KEY (bucket, key) WITH (fillfactor = 70)",
        "COMMIT",
        f"VACUUM (FREEZE, ANALYZE) {table}",
    )


def _restart(server: Postgres, options: dict[str, str]) -> None:
    # Ends with a checkpoint.
    server.stop("fast")
    server.options = options
    server.start()


def _costs(server: Postgres) -> Costs:
    ((octets, pages),) = server.execute("postgres", "SELECT wal_bytes::bigint, wal_fpi FROM pg_stat_wal")
    pid = (server.folder / "data/postmaster.pid").read_text().split()[0]
    # The name of a process, in parentheses, may contain spaces.
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    of_children = sum(map(int, values[13:15]))
    return Costs(of_children / os.sysconf("SC_CLK_TCK"), int(str(octets)), int(str(pages)))


def measure(url: str, options: argparse.Namespace) -> int:
    """Return the number of answers that processes have stored in a time."""
    context = multiprocessing.get_context("spawn")
    numbers: Queue[int] = context.Queue()
    some = [
        context.Process(target=work, args=(url, number, options.seconds, options.per_owner, numbers))
        for number in range(options.processes)
    ]
    for process in some:
        process.start()
    total = sum(numbers.get() for _ in some)
    for process in some:
        process.join()
    return total


def work(url: str, number: int, seconds: float, per_owner: int, numbers: Queue[int]) -> None:
    """Store batches of answers, and put their number into a queue."""
    session = Session(url, f"bench-{number}")
    session.join("bench")
    owners = [os.urandom(8) for _ in range(_PER_BATCH)]
    waiting: list[Request] = []
    stored, ends_at = 0, time.monotonic() + seconds
    while time.monotonic() < ends_at:
        requests = [_request(owners, per_owner) for _ in range(_PER_BATCH)]
        answers = [Answer(request.bucket, request.key, 1, _TEXT, _ITEM) for request in waiting]
        session.exchange(
            Batch(
                requests={request.key: request for request in requests},
                answers={answer.key: answer for answer in answers},
            ),
            range(0),
        )
        stored, waiting = stored + len(answers), requests
    session.close()
    numbers.put(stored)


def _request(owners: list[bytes], per_owner: int) -> Request:
    """Return a request of one of the owners, each of which is replaced after about so many."""
    place = random.randrange(len(owners))
    if random.random() < 1 / per_owner:
        owners[place] = os.urandom(8)
    whose, own = owners[place], os.urandom(12)
    # As `owner.place` makes them.
    return Request(
        int.from_bytes(whose, "big") % owner.BUCKETS,
        whose[:4] + own,
        f"ping://[2001:db8::{own.hex()[:4]}]",
        fresh=False,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.many", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--processes", type=int, default=4, help="number of processes")
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of each measurement")
    parser.add_argument("--keys", type=int, nargs="+", default=_KEYS, help="numbers of answers that are stored before")
    parser.add_argument(
        "--per-owner", type=int, default=4, help="requests of each domain or network; 1: all keys are random"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
