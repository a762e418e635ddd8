"""
Kills a crawl repeatedly, at random instants, and checks the results.

    python -m tools.killing --kills 100 --domains 500      (`make torture`)

Each kill is a SIGKILL for the crawl and its mtr-packet processes together;
then the same command is started again. What was stored at each kill is compared
with what is requested afterwards, as recorded by the simulated Internet.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from ipv6matrix.exporters import csv
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.database import Store
from simnet import namespaces
from simnet.internet import Internet
from simnet.packets import SYN, TCP
from simnet.scaled import scaled
from simnet.scenario import address_of
from tests import crawls, rows
from tests.controls import is_control
from tests.echoes import purpose
from tests.typed import ROOT

# (kind of request, its subject, and the port or type).
Question = tuple[str, str, str]

COMMIT_INTERVAL_S: Final = 1.0
# Short timeouts and a low packet rate: a crawl with time for many kills that still ends soon.
SETTINGS: Final = {
    "COMMIT_INTERVAL": COMMIT_INTERVAL_S,
    "PROBE_RATE": 1500,
    "PROBE_RATE_PER_NETWORK": 0,
    "DNS_CONCURRENCY": 40,
    "PING_CONCURRENCY": 80,
    "TCP_CONCURRENCY": 50,
    "TRACE_CONCURRENCY": 60,
    "QUERY_TIMEOUT": 1,
    "QUERY_LIFETIME": 2,
    "PING_TIMEOUT": 1,
    "TCP_TIMEOUT": 1,
    "SMTP_TIMEOUT": 5,
    "TRACE_TIMEOUT": 1,
    "TRACE_GAP_LIMIT": 3,
    "SECOND_PASS_AFTER": 1,
}
# Upper limit of the seconds from the last packet of a request to its item, with these settings: guessed hosts and
# then the random label, the timeout of a series, the slowest mail session after a handshake, the timeout of a trace.
DURATION_S: Final = {"domain": 4.0, "host": 5.0, "reverse": 2.0, "ping": 1.0, "tcp": 6.0, "trace": 2.0}
# How much two busy cores may delay a commit.
SLACK_S: Final = 1.0
# Upper limit of the time from sending a request to its record; no start sends one earlier than that.
ON_THE_WAY_S: Final = 0.15
# The copy is being written, the log states the end, SQLite's log is gone, CSV files are being written, the copy has
# its final name. Ordered so that the kill least likely to come too late is first. Values: the most seconds between
# the sign and the kill.
LATEST_S: Final = {"copying": 0.002, "closing": 0.003, "folded": 0.0, "exporting": 0.1, "published": 0.0}
SIGNS_OF_THE_END: Final = tuple(LATEST_S)
GIVE_UP_S: Final = 180.0
# Number of answered requests from which on a crawl counts as under way.
ANSWERS: Final = 100

ANSWERED: Final = "IN ('ok', 'nodata', 'nxdomain')"
STORED_LOOKUPS: Final = tuple(
    (
        kind,
        rdtype,
        f"""SELECT {name} FROM {owner} JOIN lookups ON id = owner_id
            WHERE owner = '{word}' AND type = '{rdtype}' AND status {ANSWERED}""",
    )
    for kind, word, owner, name, rdtypes in (
        ("domain", "domain", "domains", "name", ("NS", "MX", "SOA")),
        ("host", "host", "hosts", "name", ("A", "AAAA")),
        ("reverse", "address", "addresses", "address", ("PTR",)),
    )
    for rdtype in rdtypes
)
STORED_PROBES: Final = """
    SELECT 'ping', address, '' FROM pings JOIN addresses ON addresses.id = address_id
    UNION ALL SELECT 'tcp', address, CAST(port AS TEXT) FROM ports JOIN addresses ON addresses.id = address_id
    UNION ALL SELECT 'trace', address, '' FROM traces JOIN addresses ON addresses.id = address_id"""
# Addresses that answered any probe: only others may be probed a second time.
LOUD: Final = """
    SELECT address FROM addresses WHERE id IN (
        SELECT address_id FROM pings WHERE rtts_ms <> '[]'
        UNION SELECT address_id FROM ports WHERE open OR failure = 'connection_refused'
        UNION SELECT address_id FROM traces WHERE reached_ttl IS NOT NULL)"""


@dataclass(frozen=True, kw_only=True)
class Instant:
    """When to kill: a number of seconds after the start, or after a sign of how far the crawl is."""

    sign: str
    after_s: float


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill, and the contents of the database at that time."""

    instant: Instant
    started_at: float
    killed_at: float
    stored: frozenset[Question]
    unsound: tuple[str, ...]


@dataclass(kw_only=True)
class Ordeal:
    """One crawl, from its first start until it was published."""

    began_at: float
    kills: list[Kill] = field(default_factory=list)
    ended_at: float = 0.0
    log: str = ""
    "The log of the last start."


@dataclass(frozen=True, kw_only=True)
class AskedAgain:
    """Requests that a crawl sent after a kill although it had sent them before."""

    questions: int
    asked: int
    "Number of different requests."
    stored_before: tuple[str, ...]
    "Those whose answers were stored: there must be none."
    too_old: tuple[str, ...]
    "Those whose answers should have been stored, judging by their age: there must be none."


def instants(random: Random, kills: int) -> list[Instant]:
    """Return the instants of the kills, spread over a crawl: its start, its middle, and the signs of its end."""
    ends, starts = kills * 7 // 25, kills // 5
    spans = [("started", 0.8)] * starts + [("asking", 2.0)] * (kills - ends - starts)
    random.shuffle(spans)
    instants = [Instant(sign=sign, after_s=random.uniform(0.0, latest_s)) for sign, latest_s in spans]
    signs = sorted((SIGNS_OF_THE_END * ends)[:ends], key=SIGNS_OF_THE_END.index)
    return instants + [Instant(sign=sign, after_s=random.uniform(0.0, LATEST_S[sign])) for sign in signs]


class Killer:
    """Starts a crawl, by default of all domains, until it ends by itself, and kills it several times before that."""

    def __init__(
        self, internet: Internet, place: Path, output: Path, settings: Mapping[str, object], *, every: int = 1
    ) -> None:
        self._domains = place / "domains.txt"
        # A server whose third answer differs would reveal the number of kills, not a difference between crawls.
        names = (name for name in internet.scenario.domains if not name.startswith("recovering"))
        self._names = tuple(names)[::every]
        self._place = place
        self._current = place / "current"
        self._output = output
        self._settings = internet.settings() | SETTINGS | crawls.folders(place) | {"OUTPUT_DIR": output} | settings

    def crawl(self, when: Iterator[Instant]) -> Ordeal:
        """Run one crawl to its end, and kill it at each of the instants."""
        self._place.mkdir(parents=True, exist_ok=True)
        self._domains.write_text("".join(f"{name}\n" for name in self._names))
        ordeal = Ordeal(began_at=time.time())
        while True:
            instant = next(when, None)
            killed = self._start(instant, ordeal)
            if not killed or self.published:
                ordeal.ended_at = time.time()
                return ordeal

    @property
    def results(self) -> list[Path]:
        return sorted(self._output.glob("ips-*.db"))

    @property
    def published(self) -> bool:
        """Return whether the crawl has left its folder."""
        return bool(self.results) and not (self._current / "ips.db").exists()

    def _start(self, instant: Instant | None, ordeal: Ordeal) -> bool:
        log = self._place / "crawl.log"
        started_at = time.time()
        with log.open("w") as stream:
            process = subprocess.Popen(
                crawls.command(self._domains, self._settings),
                cwd=ROOT,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        killed = False
        try:
            if instant is not None:
                killed = self._wait(process, instant, log)
            else:
                process.wait(GIVE_UP_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            killed_at = time.time()
            process.wait()
        ordeal.log = log.read_text()
        if not killed:
            assert process.returncode == 0, ordeal.log[-3000:]
            return False
        assert instant is not None
        ordeal.kills.append(self._kill(instant, started_at, killed_at))
        return True

    def _wait(self, process: subprocess.Popen[bytes], instant: Instant, log: Path) -> bool:
        """Wait for an instant; return False if the crawl ended by itself before."""
        signs = self._signs(log)
        seen, closing = signs[instant.sign], signs["closing"]
        at_the_end = instant.sign in SIGNS_OF_THE_END
        give_up_at = time.monotonic() + GIVE_UP_S
        while not seen():
            if process.poll() is not None:
                return False
            assert time.monotonic() < give_up_at, f"no sign of {instant.sign}: {log.read_text()[-2000:]}"
            # What happens at the end is over within milliseconds.
            time.sleep(0.005 if not at_the_end else 0.0002 if closing() else 0.002)
        until = time.monotonic() + instant.after_s
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.0005)
        return process.poll() is None

    def _signs(self, log: Path) -> dict[str, Callable[[], bool]]:
        wal, began_at = self._current / "ips.db-wal", time.time()
        return {
            "started": lambda: True,
            # Its first commit, or answers in the database, because a busy machine may start a program slowly.
            "asking": lambda: _made_after(wal, began_at),
            "answered": lambda: _made_after(wal, began_at) and _answers(self._current / "ips.db") >= ANSWERS,
            "closing": lambda: b"Closing spider" in log.read_bytes(),
            "folded": lambda: b"Closing spider" in log.read_bytes() and not wal.exists(),
            # Ignore a copy that an earlier kill interrupted.
            "copying": lambda: any(_made_after(part, began_at) for part in self._output.glob("*.part")),
            "exporting": lambda: any(_made_after(part, began_at) for part in self._output.glob("*/*/*.part")),
            "published": lambda: bool(self.results),
        }

    def _kill(self, instant: Instant, started_at: float, killed_at: float) -> Kill:
        stored: frozenset[Question] = frozenset()
        unsound: list[str] = []
        if (self._current / "ips.db").exists():
            with tempfile.TemporaryDirectory() as folder:
                path = copy(self._current, Path(folder))
                unsound = rows.unsound(path)
                stored = frozenset(_stored(path))
        return Kill(instant=instant, started_at=started_at, killed_at=killed_at, stored=stored, unsound=tuple(unsound))


def _made_after(path: Path, began_at: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime > began_at
    return False


def _answers(path: Path) -> int:
    uri = f"{path.as_uri()}?mode=ro"
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True)) as connection:
        (answers,) = connection.execute("SELECT count(*) FROM requests WHERE done_at IS NOT NULL").fetchone()
        return int(answers)
    return 0


def copy(current: Path, folder: Path) -> Path:
    """Copy a database and its write-ahead log while no process uses it."""
    for file in (current / "ips.db", current / "ips.db-wal"):
        if file.exists():
            shutil.copy(file, folder)
    return folder / "ips.db"


def asked_again(internet: Internet, ordeal: Ordeal, result: Path) -> AskedAgain:
    """Compare the requests after each kill with those sent and stored before it, and with the stored results."""
    answered = frozenset(_stored(result))
    sent = list(asked(internet, ordeal.began_at, ordeal.ended_at + ON_THE_WAY_S))
    kills_at = [kill.killed_at + ON_THE_WAY_S for kill in ordeal.kills]
    # For each interval between two kills: the last time that each request was sent.
    last: list[dict[Question, float]] = [{} for _ in range(len(kills_at) + 1)]
    for question, at in sorted(sent, key=lambda request: request[1]):
        last[bisect(kills_at, at)][question] = at
    again, stored_before, too_old = Counter[str](), [], []
    for number, kill in enumerate(ordeal.kills):
        later = {question for segment in last[number + 1 :] for question in segment}
        stored_before += [f"{question} after kill {number}" for question in kill.stored & later]
        for question in last[number].keys() & later:
            again[question[0]] += 1
            age_s = kill.killed_at - last[number][question]
            if question in answered and age_s > COMMIT_INTERVAL_S + DURATION_S[question[0]] + SLACK_S:
                too_old.append(f"{question} was sent {age_s:.2f} s before kill {number}")
    return AskedAgain(
        questions=again.total(),
        asked=len({question for question, _ in sent}),
        stored_before=tuple(stored_before),
        too_old=tuple(too_old),
    )


def asked(internet: Internet, since: float, until: float) -> Iterator[tuple[Question, float]]:
    """Yield the requests that the simulated Internet has recorded, with their times."""
    for query in internet.queries(since=since):
        if query.asked_at > until or is_control(query):
            continue
        if query.type == "PTR":
            yield ("reverse", str(address_of(query.name)), "PTR"), query.asked_at
        else:
            kind = "host" if query.type in ("A", "AAAA") else "domain"
            yield (kind, query.name, query.type), query.asked_at
    for packet in internet.packets(since=since):
        if packet.sent_at > until:
            continue
        # Health checks may send to any address that has answered, so they are not counted.
        if (kind := purpose(packet)) in ("ping", "trace"):
            yield (kind, packet.destination, ""), packet.sent_at
        elif packet.protocol == TCP and packet.flags == SYN and packet.port != 53:
            yield ("tcp", packet.destination, str(packet.port)), packet.sent_at


def _stored(path: Path) -> Iterator[Question]:
    """Yield the requests whose answers are in a database, without those that the retry pass may repeat."""
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'requests'").fetchone():
            return
        for kind, rdtype, sql in STORED_LOOKUPS:
            for (name,) in connection.execute(sql):
                yield kind, name, rdtype
        loud = {address for (address,) in connection.execute(LOUD)}
        for kind, subject, port in connection.execute(STORED_PROBES):
            if kind == "trace" or subject in loud:
                yield kind, subject, port


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of many kills."""

    ordeals: list[Ordeal]
    asked_again: list[AskedAgain]
    differences: list[str]
    "Differences between the facts of each killed crawl and those of an undisturbed one."

    @property
    def kills(self) -> list[Kill]:
        return [kill for ordeal in self.ordeals for kill in ordeal.kills]

    @property
    def problems(self) -> list[str]:
        problems = list(self.differences)
        problems += [f"unsound: {text}" for kill in self.kills for text in kill.unsound]
        for again in self.asked_again:
            problems += [f"stored, but sent again: {request}" for request in again.stored_before]
            problems += [f"should have been stored, but sent again: {request}" for request in again.too_old]
        return problems


def torture(
    internet: Internet,
    place: Path,
    output: Path,
    *,
    kills: int,
    seed: int,
    settings: Mapping[str, object] | None = None,
    at_once: int = 25,
    every: int = 1,
) -> Outcome:
    """Kill crawls until the number of kills is reached, and compare each crawl with an undisturbed one."""
    random = Random(seed)
    undisturbed = Killer(internet, place / "undisturbed", output / "undisturbed", settings or {}, every=every)
    undisturbed.crawl(iter(()))
    (whole,) = undisturbed.results
    expected = rows.facts(whole)
    outcome = Outcome(ordeals=[], asked_again=[], differences=[])
    while (left := kills - len(outcome.kills)) > 0:
        number = len(outcome.ordeals)
        killer = Killer(internet, place / f"killed-{number}", output / f"killed-{number}", settings or {}, every=every)
        ordeal = killer.crawl(iter(instants(random, min(left, at_once))))
        outcome.ordeals.append(ordeal)
        outcome.asked_again.append(asked_again(internet, ordeal, killer.results[0]))
        outcome.differences.extend(f"{path.name}: {fault}" for path in killer.results for fault in rows.unsound(path))
        if len(killer.results) != 1:
            outcome.differences.append(f"crawl {number} was published {len(killer.results)} times")
        for path in killer.results:
            outcome.differences.extend(
                f"crawl {number}: {difference}" for difference in rows.differences(expected, rows.facts(path))
            )
            outcome.differences.extend(f"crawl {number}: {fault}" for fault in wrong_files(path))
    return outcome


def wrong_files(result: Path) -> list[str]:
    """Return each file next to a published crawl that differs from a new export."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.read(result)
        csv.export(store, Target(output_dir=Path(folder), summary_url=""))
        store.close()
        expected, actual = _files(Path(folder)), _files(result.parent)
    return [f"{name}: lost" for name in expected.keys() - actual.keys()] + [
        f"{name}: not whole" for name, content in actual.items() if expected.get(name) != content
    ]


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("*/*/*") if path.is_file()}


def report(outcome: Outcome) -> str:
    """Format the result."""
    signs = Counter(kill.instant.sign for kill in outcome.kills)
    again = sum(counts.questions for counts in outcome.asked_again)
    asked = sum(counts.asked for counts in outcome.asked_again)
    lines = [
        f"kills             {len(outcome.kills)} in {len(outcome.ordeals)} crawls",
        f"at                {', '.join(f'{sign} {number}' for sign, number in sorted(signs.items()))}",
        f"sent again        {again} of {asked} requests, {again / len(outcome.kills):.1f} per kill",
        f"problems          {len(outcome.problems)}",
    ]
    return "\n".join([*lines, *outcome.problems[:50]])


def main() -> int:
    options = _options()
    with namespaces.unavailable_exits():
        namespaces.enter()
        with (
            tempfile.TemporaryDirectory(prefix="torture-") as scratch,
            tempfile.TemporaryDirectory(prefix="torture-", dir=options.jobs) as jobs,
            Internet(scaled(options.domains), scratch) as internet,
        ):
            outcome = torture(internet, Path(jobs), Path(scratch) / "crawls", kills=options.kills, seed=options.seed)
    print(f"seed              {options.seed}\n{report(outcome)}")
    return 1 if outcome.problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.killing", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--kills", type=int, default=100, help="number of kills")
    parser.add_argument("--domains", type=int, default=500, help="number of domains to crawl")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="seed of the random instants")
    parser.add_argument(
        "--jobs",
        type=Path,
        help="folder for the JOBDIRs; if it is on another file system than /tmp, publishing is a copy",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
