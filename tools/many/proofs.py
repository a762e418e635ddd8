"""
What must hold for shared crawls, whatever breaks: each proof breaks something and returns what it has found.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from ipv6matrix.store.database import Store
from tests.paces import TOLERANCE, busiest, probes
from tests.postgres import running
from tools.many import journal
from tools.many.asking import Kill, compare, repeated
from tools.many.world import GROUP, WORKERS, Finding, Shared, World, counting, dropping, until

# Seconds without the server, the Internet, or any work.
_AWAY_S: Final = 60.0
# After that time nothing is handed out; what is in flight then ends within some seconds more.
_SILENT_S: Final = 10.0
_IN_FLIGHT_S: Final = 6.0
# The server ends the session of a process that it does not hear of, and others wait before they take its buckets.
_ENDED_S: Final = 25.0
_TAKEN_S: Final = 35.0
_RATE: Final = 20
_KILLS_PER_CRAWL: Final = 25
_POPULAR: Final = 10
_DISK_MB: Final = 64


def equal(world: World, random: Random, kills: int) -> Finding:
    """Processes that share a crawl find the facts of one; they look a host up once, and do not deadlock."""
    with world.shared() as shared:
        for _ in range(WORKERS):
            shared.workers.start()
        shared.wait()
        ended_at = time.time()
    problems = world.differences(shared)
    queries = Counter(
        (query.name, query.type) for query in world.internet.queries(since=shared.began_at) if query.asked_at < ended_at
    )
    store = Store.read(shared.gathered)
    popular = store.query(
        "SELECT name, count(*) FROM hosts JOIN roles ON roles.host_id = hosts.id JOIN lookups ON owner = 'host'"
        " AND owner_id = hosts.id AND type = 'A' AND status = 'ok' WHERE roles.kind IN ('NS', 'MX')"
        f" GROUP BY name ORDER BY 2 DESC LIMIT {_POPULAR}"
    )
    answers = sum(store.counts.done.values())
    store.close()
    problems += [f"{name} was looked up {queries[name, 'A']} times" for name, _ in popular if queries[name, "A"] != 1]
    problems += _deadlocks(shared)
    figures = {
        "answers": answers,
        "seconds": round(ended_at - shared.began_at),
        "domains of the most popular host": popular[0][1],
    }
    return Finding(name="equal", figures=figures, problems=problems)


def kill(world: World, random: Random, kills: int) -> Finding:
    """Killed processes lose and double nothing; only what was in flight or not committed is sent again."""
    crawls, done, requests, again, late_s = 0, 0, 0, 0, 0.0
    reasons, problems = Counter[str](), list[str]()
    while done < kills:
        crawls += 1
        with world.shared(ADDONS=journal.addons(world.settings.get("ADDONS"))) as shared:
            some = _kill_at_random(shared, random, min(kills - done, _KILLS_PER_CRAWL))
            shared.wait()
            ended_at = time.time()
        repeats = repeated(shared.journals, list(map(shared.workers.log, range(len(shared.journals)))), some)
        compare(repeats, world.internet, shared.url, shared.began_at, ended_at, shared.journals, some)
        done, requests, again = done + len(some), requests + repeats.requests, again + repeats.again
        reasons, late_s = reasons + repeats.reasons, max(late_s, repeats.late_s)
        problems += world.differences(shared) + _deadlocks(shared) + repeats.problems
        print(f"  {done} kills, {len(problems)} problems", flush=True)
    figures: dict[str, object] = {
        "kills": done,
        "crawls": crawls,
        "lookups and probes": requests,
        "recorded again": again,
    }
    figures |= {f"requests {reason}": number for reason, number in sorted(reasons.items())}
    figures |= {"requests sent again per kill": round(reasons.total() / done, 1), "stored after s": round(late_s, 1)}
    return Finding(name="kill", figures=figures, problems=problems)


def _kill_at_random(shared: Shared, random: Random, kills: int) -> list[Kill]:
    """Kill processes and start others while the crawl lasts."""
    for _ in range(WORKERS - 1):
        shared.workers.start()
    until(lambda: shared.answers > 0)
    done: list[Kill] = []
    while len(done) < kills and not shared.has_ended:
        time.sleep(random.uniform(0.0, 3.0))
        # One that is still starting would lose nothing.
        while not (owners := shared.owners) and not shared.has_ended:
            time.sleep(0.1)
        if not owners:
            break
        process = random.choice(owners)
        os.killpg(process.pid, signal.SIGKILL)
        at = time.time()
        process.wait()
        done.append(shared.killed(process, at))
        shared.workers.start()
    return done


def server_cut(world: World, random: Random, kills: int) -> Finding:
    """A process that cannot reach the server falls silent, others take its buckets, and no network gets too much."""

    @contextmanager
    def cut(shared: Shared, process: subprocess.Popen[bytes]) -> Iterator[None]:
        with dropping(f"tcp dport {shared.server.port}"):
            yield

    return _away(world, "server-cut", cut)


def suspend(world: World, random: Random, kills: int) -> Finding:
    """A process that is suspended loses its buckets; what it would commit afterwards is dropped."""

    @contextmanager
    def suspended(shared: Shared, process: subprocess.Popen[bytes]) -> Iterator[None]:
        os.killpg(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGCONT)

    return _away(world, "suspend", suspended)


def _away(world: World, name: str, away: Callable[[Shared, subprocess.Popen[bytes]], object]) -> Finding:
    with world.shared(PROBE_RATE_PER_NETWORK=_RATE, PROBE_RATE=60) as shared, counting() as sent:
        process = shared.workers.start(group=GROUP)
        shared.workers.start()
        until(lambda: shared.answers > 100)
        moved_before = _buckets(shared)
        with away(shared, process):  # type: ignore[attr-defined]
            last_s, ended_s, taken_s = _observe(shared, sent)
        shared.wait()
    most = max(busiest(probes(world.internet.packets(since=shared.began_at))).values())
    figures = {"last packet after s": last_s, "session ended after s": ended_s, "buckets taken after s": taken_s}
    problems = world.differences(shared)
    problems += [f"sent a packet after {last_s} s"] * (last_s > _SILENT_S + _IN_FLIGHT_S)
    problems += [f"the session ended after {ended_s} s"] * (ended_s > _ENDED_S)
    problems += [f"{most} packets in a second to a network"] * (most > _RATE * TOLERANCE)
    problems += ["its buckets did not move in time"] * (taken_s > _TAKEN_S or not moved_before)
    problems += ["it did not notice"] * ("STORE_AWAY" not in shared.workers.log(0))
    return Finding(name=name, figures=figures | {"most packets in a second to a network": most}, problems=problems)


def _observe(shared: Shared, sent: Callable[[], int]) -> tuple[float, float, float]:
    """Return the seconds until the last packet, the end of the session, and until others own all buckets."""
    began_at, packets = time.monotonic(), sent()
    last_s, ended_s, taken_s = 0.0, _AWAY_S + 1, _AWAY_S + 1
    while (now_s := time.monotonic() - began_at) < _AWAY_S:
        if (number := sent()) > packets:
            packets, last_s = number, now_s
        if shared.sessions < 2:
            ended_s = min(ended_s, now_s)
        if _buckets(shared) == 1:
            taken_s = min(taken_s, now_s)
        time.sleep(0.5)
    return round(last_s, 1), round(ended_s, 1), round(taken_s, 1)


def _buckets(shared: Shared) -> int:
    """Return 1 if one session holds the locks of all buckets, otherwise 0 or the number of owners."""
    rows = shared.query(
        "SELECT pid, count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = x'69707601'::int"
        " AND granted GROUP BY pid"
    )
    return len(rows) if sum(int(str(number)) for _, number in rows) == 4096 else 0


def internet_cut(world: World, random: Random, kills: int) -> Finding:
    """A process that loses the Internet stores no absence: the facts are those of an undisturbed crawl."""
    with world.shared() as shared:
        shared.workers.start(group=GROUP)
        shared.workers.start()
        until(lambda: shared.answers > 100)
        before = shared.answers
        with dropping('oifname != "lo"'):
            time.sleep(_AWAY_S)
        shared.wait()
    problems = world.differences(shared)
    problems += ["it did not notice"] * ("unreachable" not in shared.workers.log(0).lower())
    return Finding(name="internet-cut", figures={"answers before": before}, problems=problems)


def disk(world: World, random: Random, kills: int) -> Finding:
    """Processes wait for a server whose disk is full, say so, and go on when there is space."""
    with tempfile.TemporaryDirectory(prefix="full-") as folder, running() as server, _small(Path(folder)):
        server.execute("postgres", f"CREATE TABLESPACE small LOCATION '{folder}/small'")
        server.execute("postgres", "CREATE DATABASE small TABLESPACE small")
        with world.shared(server=server, url=server.url(database="small")) as shared:
            for _ in range(2):
                shared.workers.start()
            until(lambda: shared.answers > 100)
            filler = Path(folder) / "filler"
            _fill(filler)
            until(lambda: "STORE_FULL" in shared.workers.logs)
            stored = shared.answers
            time.sleep(10)
            grown = shared.answers - stored
            filler.unlink()
            shared.wait()
            return Finding(
                name="disk",
                figures={"answers when full": stored, "stored while full": grown},
                problems=world.differences(shared),
            )


@contextmanager
def _small(folder: Path) -> Iterator[None]:
    """Mount a small file system, with a folder for the server."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m,mode=755", "tmpfs", folder], check=True)
    try:
        (folder / "small").mkdir()
        shutil.chown(folder / "small", "nobody")
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _fill(file: Path) -> None:
    with file.open("wb") as stream:
        try:
            while True:
                stream.write(b"\0" * 65536)
                stream.flush()
        except OSError:
            return


def _deadlocks(shared: Shared) -> list[str]:
    text = (shared.server.folder / "log").read_text() + shared.workers.logs
    return [line for line in text.splitlines() if "deadlock" in line.lower()]


PROOFS: Final[Mapping[str, Callable[[World, Random, int], Finding]]] = {
    "equal": equal,
    "kill": kill,
    "server-cut": server_cut,
    "internet-cut": internet_cut,
    "suspend": suspend,
    "disk": disk,
}
