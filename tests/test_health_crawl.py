"""
A part of the vantage point goes away in the middle of a crawl, and comes back.
"""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from tests import crawls
from tests.expected import GAP_LIMIT, Expected
from tests.internet.internet import Internet
from tests.typed import ROOT

AWAY_S = 6
# Seconds that a whole crawl may take: some ten, and the time without a part of its vantage point.
LIMIT_S = 90
# Seconds until the log says that a part is gone, and that it is back: a loaded machine needs longer.
NOTICED_S = 5
BACK_S = 5
DOMAINS = 25
# Slow enough that the crawl is under way for some seconds.
SLOW = {"QUERY_RATE": 100, "PROBE_RATE": 400, "PROBE_RATE_PER_NETWORK": 0, "COMMIT_INTERVAL": 0.1, "SECOND_PASS": False}
# Lines that begin with their time, in seconds since 1970.
LOG_FORMAT = "%(created)f %(levelname)s %(message)s"


@dataclass(frozen=True)
class Survived:
    """A crawl that has ended by itself, and what it went through."""

    store: Store
    log: str
    broken_at: float
    mended_at: float

    def said_at(self, words: str) -> float:
        """Give when the log said something for the first time."""
        return float(next(line for line in self.log.splitlines() if words in line).split()[0])


@pytest.fixture
def go_through(internet: Internet, tmp_path: Path) -> Iterator[Callable[..., Survived]]:
    """Crawl domains without a fault; take something away in the middle, and give it back."""
    domains = tmp_path / "steady.txt"
    domains.write_text("".join(f"{name}\n" for name in steady(internet)))
    settings = internet.settings() | crawls.folders(tmp_path) | SLOW
    settings |= {"TRACE_GAP_LIMIT": GAP_LIMIT, "LOG_FILE": tmp_path / "log", "LOG_FORMAT": LOG_FORMAT}

    with ExitStack() as opened:

        def go(table: str, take: Callable[[], None], give: Callable[[], None], **more: object) -> Survived:
            with crawling(crawls.command(domains, settings | more)) as process:
                poll(lambda: rows(tmp_path / "current" / "ips.db", table) >= 5 or process.poll() is not None)
                broken_at = time.time()
                try:
                    take()
                    time.sleep(AWAY_S)  # what is measured is what a crawl does in this time
                finally:
                    give()
                mended_at = time.time()
                status = process.wait(LIMIT_S)
            log = (tmp_path / "log").read_text()
            assert status == 0, log[-3000:]
            (path,) = tmp_path.glob("ips-*.db")
            store = Store.read(path)
            opened.callback(store.close)
            return Survived(store, log, broken_at, mended_at)

        yield go


def steady(internet: Internet) -> list[str]:
    """Give domains of the showcase without a fault, as they are listed."""
    zones = internet.scenario.zones
    return [name for name in internet.scenario.domains if name in zones and not zones[name].faults][-DOMAINS:]


@contextmanager
def crawling(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def poll(condition: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def rows(path: Path, table: str) -> int:
    """Count what a crawl in progress has committed."""
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("mode", ["silent", "servfail"])
def test_the_resolver_goes_and_comes_back(internet, go_through, mode):
    """
    No lookup that was asked while the resolver was gone is recorded: all have the answer they get without that.
    """
    survived = go_through(
        "domains", lambda: internet.resolver_mode(mode), lambda: internet.resolver_mode("normal"), METRICS="reverse"
    )

    answers = {"ok", "nodata", "nxdomain"}
    for table, columns in (
        ("domains", ("ns_status", "mx_status", "soa_status")),
        ("hosts", ("a_status", "aaaa_status")),
        ("reverse_names", ("status",)),
    ):
        for column in columns:
            found = {word for (word,) in survived.store.query(f"SELECT DISTINCT {column} FROM {table}")}
            assert set() == found - answers - {None}, (table, column)
    assert DOMAINS == len(survived.store.query("SELECT 1 FROM domains WHERE ns_status IS NOT NULL"))
    assert [] == survived.store.query("SELECT name FROM hosts WHERE asked_at IS NULL AND refusal IS NULL")
    assert 1 == survived.log.count("The resolver no longer answers")
    assert survived.said_at("The resolver no longer answers") < survived.broken_at + NOTICED_S
    assert survived.said_at("The resolver is back") < survived.mended_at + BACK_S


@pytest.mark.parametrize("family", [4, 6])
def test_a_family_goes_and_comes_back(internet, go_through, family):
    """
    Every ping, port and trace is as it would have been, had the family never been away.
    """
    survived = go_through("pings", lambda: internet.drop(family), internet.drop)

    truth = Expected(internet.scenario).truth
    chosen = survived.store.query(
        "SELECT DISTINCT address FROM host_addresses JOIN addresses ON addresses.id = address_id WHERE choice = 1"
    )
    probed = {address: truth.address(address) for (address,) in chosen}
    assert {4, 6} == {address.family for address in probed.values()}
    traces = {address: one.trace(gap_limit=GAP_LIMIT) for address, one in probed.items()}
    assert {address: 5 if one.echo else 0 for address, one in probed.items()} == dict(
        survived.store.query(
            "SELECT address, json_array_length(rtts_ms) FROM pings JOIN addresses ON addresses.id = address_id"
        )
    )
    assert {
        (address, number, int(port.open), port.failure)
        for address, one in probed.items()
        for number, port in one.ports.items()
    } == set(
        survived.store.query(
            "SELECT address, port, open, failure FROM ports JOIN addresses ON addresses.id = address_id"
        )
    )
    assert {
        (address, trace.stop, trace.reached_ttl, None, len(trace.hops)) for address, trace in traces.items()
    } == set(
        survived.store.query(
            "SELECT target.address, stop, reached_ttl, failure, (SELECT count(*) FROM hops"
            " WHERE hops.address_id = target.id) FROM traces JOIN addresses AS target ON target.id = address_id"
        )
    )
    assert 1 == survived.log.count(f"IPv{family} is gone")
    assert survived.said_at(f"IPv{family} is gone") < survived.broken_at + NOTICED_S
    assert survived.said_at(f"IPv{family} is back") < survived.mended_at + BACK_S
