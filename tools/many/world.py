"""
Where shared crawls are broken: the simulated Internet, a PostgreSQL server and the facts of an undisturbed crawl.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from simnet.internet import Internet
from tests import crawls, rows, typed
from tests.cluster.workers import Workers, workers
from tests.postgres import Postgres
from tools import killing
from tools.many import journal
from tools.many.asking import Kill

WORKERS: Final = 4
# Without a retry pass, a request is sent twice only for a reason that has to do with sharing.
SETTINGS: Final[dict[str, object]] = {**killing.SETTINGS, "SECOND_PASS": False}
# Processes of one machine have a share each of what it can do in time.
SHARE: Final[dict[str, object]] = {
    name: killing.SETTINGS[name] // WORKERS
    for name in ("PROBE_RATE", "PING_CONCURRENCY", "TCP_CONCURRENCY", "TRACE_CONCURRENCY")
}
# The packets of a process with this group can be dropped and counted.
GROUP: Final = 4711
GIVE_UP_S: Final = 240.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one proof has found."""

    name: str
    figures: Mapping[str, object]
    problems: list[str]


@dataclass(kw_only=True)
class World:
    """What all proofs share."""

    internet: Internet
    server: Postgres
    place: Path
    settings: dict[str, object] = field(default_factory=dict)
    "Those of all crawls, in addition to the usual ones."
    crawls: int = field(default=0, init=False)
    facts: dict[str, list[rows.Row]] = field(init=False)
    "Those of a crawl by one process."

    def __post_init__(self) -> None:
        place = self.place / "alone"
        process = crawls.crawl(
            self.internet.domains_file,
            self.internet.settings() | SETTINGS | crawls.folders(place) | self.settings,
            timeout_s=1200,
        )
        assert process.returncode == 0, process.stderr[-3000:]
        (path,) = place.glob("ips-*.db")
        self.facts = rows.facts(path)

    @contextmanager
    def shared(self, server: Postgres | None = None, url: str = "", **more: object) -> Iterator[Shared]:
        """Begin one shared crawl; what is left of it ends with the block."""
        url = url or (server or self.server).url()
        place = self.place / f"shared-{self.crawls}"
        self.crawls += 1
        settings = self.internet.settings() | SETTINGS | SHARE | self.settings | {"STORE_URL": url} | more
        with workers(place, self.internet.domains_file, settings) as some:
            yield Shared(server=server or self.server, url=url, place=place, workers=some)

    def differences(self, shared: Shared) -> list[str]:
        """Return how the facts of a shared crawl differ from those of one process."""
        lines: list[str] = rows.differences(self.facts, rows.facts(shared.gathered))
        return lines


@dataclass(kw_only=True)
class Shared:
    """One shared crawl."""

    server: Postgres
    url: str
    place: Path
    workers: Workers
    began_at: float = field(default_factory=time.time)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        results: list[tuple[object, ...]] = self.server.execute(self.url.rpartition("/")[2], sql)
        return results

    @property
    def answers(self) -> int:
        if [(None,)] == self.query("SELECT to_regclass('answers')::text"):
            return 0
        ((number,),) = self.query("SELECT count(*) FROM answers")
        return int(str(number))

    @property
    def owners(self) -> list[subprocess.Popen[bytes]]:
        """The running processes that own buckets."""
        names = [str(name) for (name,) in self.query("SELECT name FROM workers WHERE buckets > 0")]
        pids = {int(re.findall(r"\d+$", name)[0]) for name in names}
        return [process for process in self.workers.processes if process.poll() is None and process.pid in pids]

    def killed(self, process: subprocess.Popen[bytes], at: float) -> Kill:
        """Return what was stored when a process was killed, once the server has ended its session."""
        ((session, exchanged_at),) = self.query(
            f"SELECT session, extract(epoch FROM noted_at)::float8 FROM workers WHERE name ~ '[:-]{process.pid}$'"
        )
        until(lambda: not self.query(f"SELECT FROM pg_stat_activity WHERE pid = {session}"))
        keys = self.query("SELECT key FROM answers")
        return Kill(
            worker=self.workers.processes.index(process),
            at=at,
            exchanged_at=float(str(exchanged_at)),
            stored=frozenset(bytes(key) for (key,) in keys),  # type: ignore[call-overload]  # bytea is bytes
        )

    @cached_property
    def journals(self) -> list[list[journal.Entry]]:
        """What each process has recorded, in the order of their start; complete after the crawl."""
        return [list(journal.read(self.place / f"worker-{n}")) for n in range(len(self.workers.processes))]

    @property
    def sessions(self) -> int:
        """Number of processes that the server has a session with."""
        database = self.url.rpartition("/")[2]
        sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ipv6matrix' AND datname = "
        ((number,),) = self.server.execute("postgres", f"{sql} '{database}'")
        return int(str(number))

    @property
    def has_ended(self) -> bool:
        return all(process.poll() is not None for process in self.workers.processes)

    def wait(self) -> None:
        """Wait until all processes have ended; if they do not, the error states what is left to do."""
        try:
            self.workers.wait()
        except AssertionError as error:
            left = self.query(
                "SELECT (SELECT count(*) FROM pending), (SELECT min(url) FROM pending),"
                " count(*) FILTER (WHERE NOT listed), count(*) FILTER (WHERE NOT settled), min(searched),"
                " (SELECT sum(number) FROM link_counts), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
                " FROM buckets"
            )
            error.add_note(f"left to do: {left}")
            raise

    @cached_property
    def gathered(self) -> Path:
        process = typed.run("gather", self.url, OUTPUT_DIR=self.place, timeout_s=600)
        assert process.returncode == 0, process.stderr
        return Path(process.stdout.strip())


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + GIVE_UP_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.1)


@contextmanager
def dropping(what: str) -> Iterator[None]:
    """Drop packets of processes with GROUP; `what` is an nft expression."""
    with _filter("cut", f"meta skgid {GROUP} {what} drop"):
        yield


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Yield a function that returns how many probe packets processes with GROUP have sent into the world."""
    mine = f'meta skgid {GROUP} oifname != "lo"'
    # Health checks go on: queries for control names, and Echo Requests of a length that no ping has.
    checks = ("udp dport 53", "icmp type echo-request ip length 56", "icmpv6 type echo-request ip6 length 36")
    with _filter("sent", *(f"{mine} {check} return" for check in checks), f"{mine} counter"):
        yield lambda: int(_nft("list", "table", "inet", "sent").partition("packets ")[2].split()[0])


@contextmanager
def _filter(table: str, *rules: str) -> Iterator[None]:
    lines = [f"add table inet {table}", f"add chain inet {table} out {{ type filter hook output priority 0; }}"]
    lines += [f"add rule inet {table} out {rule}" for rule in rules]
    _nft("-f", "-", text="".join(f"{line}\n" for line in lines))
    try:
        yield
    finally:
        _nft(*f"delete table inet {table}".split())


def _nft(*words: str, text: str = "") -> str:
    return subprocess.run(["nft", *words], input=text, check=True, capture_output=True, text=True).stdout
