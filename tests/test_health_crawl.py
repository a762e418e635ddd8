"""Outages of a dependency of the vantage point during a crawl."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipv6matrix.health.machine import MAX_SENDS
from ipv6matrix.health.resolver import Fault
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from simnet.packets import SYN, TCP
from tests import crawls
from tests import rows as facts
from tests.echoes import purpose
from tests.expected import GAP_LIMIT, Expected
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

AWAY_S = 6
# Time limit of a crawl in seconds: some ten, and the time of the outage.
LIMIT_S = 90
# Seconds until the log reports an outage, and its end: a loaded machine needs longer.
NOTICED_S = 5
BACK_S = 5
DOMAINS = 25
# Slow enough that the crawl takes several seconds.
SLOW = {"QUERY_RATE": 100, "PROBE_RATE": 400, "PROBE_RATE_PER_NETWORK": 0, "COMMIT_INTERVAL": 0.1, "SECOND_PASS": False}
# Lines that begin with their time, in seconds since 1970.
LOG_FORMAT = "%(created)f %(levelname)s %(message)s"


@dataclass(frozen=True)
class Survived:
    """A crawl that has ended by itself, and its outage."""

    store: Store
    log: str
    broken_at: float
    mended_at: float

    def said_at(self, words: str) -> float:
        """Return the time of the first log line with this text."""
        return float(next(line for line in self.log.splitlines() if words in line).split()[0])


@pytest.fixture
def go_through(internet: Internet, tmp_path: Path) -> Iterator[Callable[..., Survived]]:
    """Crawl domains without a fault; start an outage during the crawl, and end it."""
    domains = listed(internet, tmp_path)
    settings = internet.settings() | crawls.folders(tmp_path) | SLOW
    settings |= {"TRACE_GAP_LIMIT": GAP_LIMIT, "LOG_FILE": tmp_path / "log", "LOG_FORMAT": LOG_FORMAT}

    with ExitStack() as opened:

        def go(table: str, take: Callable[[], None], give: Callable[[], None], **more: object) -> Survived:
            with crawling(crawls.command(domains, settings | more)) as process:
                poll(lambda: rows(tmp_path / "current" / "ips.db", table) >= 5 or process.poll() is not None)
                broken_at = time.time()
                try:
                    take()
                    time.sleep(AWAY_S)  # the crawl must run for a while during the outage
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
    """Return domains of the showcase without a fault, in list order."""
    zones = internet.scenario.zones
    return [name for name in internet.scenario.domains if name in zones and not zones[name].faults][-DOMAINS:]


def listed(internet: Internet, place: Path) -> Path:
    """Write the list of these domains."""
    path = place / "steady.txt"
    path.write_text("".join(f"{name}\n" for name in steady(internet)))
    return path


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
    """Count the committed rows of a crawl in progress."""
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    except sqlite3.OperationalError:  # not created yet
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("mode", ["silent", "servfail"])
def test_an_outage_of_the_resolver(internet, go_through, mode):
    """No lookup from the outage is recorded: all have the answer that they get without it."""
    survived = go_through(
        "domains", lambda: internet.resolver_mode(mode), lambda: internet.resolver_mode("normal"), METRICS="reverse"
    )

    answers = {"ok", "nodata", "nxdomain"}
    assert set() == {word for (word,) in survived.store.query("SELECT DISTINCT status FROM lookups")} - answers
    assert DOMAINS == len(survived.store.query("SELECT 1 FROM domain_figures WHERE ns_status IS NOT NULL"))
    assert [] == survived.store.query("SELECT name FROM hosts WHERE asked_at IS NULL AND refusal IS NULL")
    assert 1 == survived.log.count("DEPENDENCY_AWAY")
    assert survived.said_at("DEPENDENCY_AWAY") < survived.broken_at + NOTICED_S
    assert survived.said_at("The resolver is back") < survived.mended_at + BACK_S


@pytest.mark.parametrize(("family", "way"), [(4, "cut"), (6, "drop")])
def test_an_outage_of_a_family(internet, go_through, family, way):
    """
    Every ping, port and trace is the same as without the outage.

    This includes the case that the first router still replies, and only its uplink is down.
    """
    take = getattr(internet, way)
    survived = go_through("pings", lambda: take(family), take)

    truth = Expected(internet.scenario).truth
    chosen = survived.store.query(
        "SELECT DISTINCT address FROM host_addresses JOIN addresses ON addresses.id = address_id WHERE choice = 1"
    )
    probed = {address: truth.address(address) for (address,) in chosen}
    assert {4, 6} == {address.family for address in probed.values()}
    traces = {address: address_truth.trace(gap_limit=GAP_LIMIT) for address, address_truth in probed.items()}
    assert {address: 5 if address_truth.echo else 0 for address, address_truth in probed.items()} == dict(
        survived.store.query(
            "SELECT address, json_array_length(rtts_ms) FROM pings JOIN addresses ON addresses.id = address_id"
        )
    )
    assert {
        (address, number, int(port.open), port.failure)
        for address, address_truth in probed.items()
        for number, port in address_truth.ports.items()
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
    assert 1 == survived.log.count("DEPENDENCY_AWAY")
    assert survived.said_at("DEPENDENCY_AWAY") < survived.broken_at + NOTICED_S
    assert survived.said_at(f"IPv{family} is back") < survived.mended_at + BACK_S


@pytest.fixture(scope="module")
def undisturbed(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a crawl of the same domains whose resolver is well."""
    place = tmp_path_factory.mktemp("undisturbed")
    domains = listed(internet, place)
    settings = internet.settings() | crawls.folders(place) | {"SECOND_PASS": False, "METRICS": "reverse"}
    process = crawls.crawl(domains, settings)
    assert 0 == process.returncode, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    return path


@pytest.mark.parametrize(("mode", "fault"), [("denying", Fault.DENIES), ("portal", Fault.INVENTS)])
def test_a_lying_resolver(internet, go_through, undisturbed, mode, fault):
    """Answers from before its detection are discarded and retried: no false absence and no false address is left."""
    lying = go_through(
        "domains", lambda: internet.resolver_mode(mode), lambda: internet.resolver_mode("normal"), METRICS="reverse"
    )

    assert [] == facts.differences(facts.facts(undisturbed), facts.facts(lying.store.path))
    assert 1 == lying.log.count(f"The resolver {fault}")


@pytest.fixture
def few(internet: Internet, tmp_path: Path) -> Path:
    """Return the list of some domains without a fault."""
    domains = tmp_path / "few.txt"
    domains.write_text("".join(f"{name}\n" for name in steady(internet)[:8]))
    return domains


@pytest.fixture
def settings(internet: Internet, tmp_path: Path) -> Iterator[dict[str, object]]:
    """Return the settings of a fast crawl; faults of a test are removed after it."""
    yield internet.settings() | crawls.folders(tmp_path) | {"PROBE_RATE_PER_NETWORK": 0, "SECOND_PASS": False}
    internet.ban(0)
    internet.limit_echoes(0)
    internet.drop()


def stored(place: Path, sql: str) -> list[tuple[object, ...]]:
    """Read the finished crawl in a folder, or the one in progress."""
    (path,) = place.glob("ips-*.db") if any(place.glob("ips-*.db")) else (place / "current" / "ips.db",)
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("seconds", [3600, 15])
def test_hosts_that_ban_a_scanner_are_not_an_outage(internet, few, settings, tmp_path, seconds):
    """Their silence is stored as such, nothing waits for them, and each port gets the two SYNs of one attempt."""
    internet.ban(seconds)
    began_at = time.time()

    process = crawls.crawl(few, settings | {"METRICS": "ping,tcp80,tcp443,tcp25"}, timeout_s=LIMIT_S)

    assert 0 == process.returncode, process.stderr[-3000:]
    assert "DEPENDENCY_AWAY" not in process.stderr
    packets = internet.packets(since=began_at)
    syns = Counter(
        (packet.destination, packet.port)
        for packet in packets
        if packet.protocol == TCP and packet.flags == SYN and packet.port != 53
    )
    assert syns
    assert max(syns.values()) <= 2
    assert max(Counter(packet.destination for packet in packets if purpose(packet) == "ping").values()) <= 5
    assert [(0,)] == stored(tmp_path, "SELECT DISTINCT discards FROM requests")
    assert {("timeout",)} <= set(stored(tmp_path, "SELECT DISTINCT failure FROM ports"))


def test_rate_limited_echoes_are_not_an_outage(internet, few, settings, tmp_path):
    """An address gets the Echo Requests of one series, and its replies are stored."""
    internet.limit_echoes(10)
    began_at = time.time()

    process = crawls.crawl(few, settings | {"METRICS": "ping"}, timeout_s=LIMIT_S)

    assert 0 == process.returncode, process.stderr[-3000:]
    pings = Counter(packet.destination for packet in internet.packets(since=began_at) if purpose(packet) == "ping")
    assert {5} == set(pings.values())
    assert 0 < len(stored(tmp_path, "SELECT 1 FROM pings WHERE json_array_length(rtts_ms) < 5"))


def test_a_crawl_ends_after_the_longest_wait(internet, few, settings, tmp_path):
    """It can be resumed when the family is back, and is then complete."""
    internet.drop(6)
    waiting = settings | {"METRICS": "ping", "HEALTH_MAX_WAIT": 2}

    process = crawls.crawl(few, waiting, timeout_s=LIMIT_S)

    assert 1 == process.returncode
    assert "IPv6 was away for HEALTH_MAX_WAIT (2 s)" in process.stderr
    assert "VANTAGE_LOST" in process.stderr
    assert [("vantage_lost",)] == stored(tmp_path, "SELECT end_reason FROM crawl")
    assert [] == stored(tmp_path, "SELECT 1 FROM pings JOIN addresses ON id = address_id WHERE family = 6")
    internet.drop()
    assert 0 == crawls.crawl(few, waiting, timeout_s=LIMIT_S).returncode
    truth = Expected(internet.scenario).truth
    pings = stored(tmp_path, "SELECT address, json_array_length(rtts_ms) FROM pings JOIN addresses ON id = address_id")
    assert {4, 6} == {truth.address(address).family for address, _ in pings}
    assert {address: 5 if truth.address(address).echo else 0 for address, _ in pings} == dict(pings)
    assert stored(tmp_path, "SELECT max(discards) FROM requests") < [(MAX_SENDS,)]


def test_a_family_may_be_left_out_after_the_longest_wait(internet, few, settings, tmp_path):
    """The crawl ends with the other family, and records that this one was skipped."""
    internet.drop(6)

    process = crawls.crawl(
        few, settings | {"METRICS": "ping", "HEALTH_MAX_WAIT": 2, "HEALTH_AFTER_WAIT": "skip"}, timeout_s=LIMIT_S
    )

    assert 0 == process.returncode, process.stderr[-3000:]
    assert [(4,)] == stored(tmp_path, "SELECT DISTINCT family FROM pings JOIN addresses ON id = address_id")
    assert {("no_ipv6",)} == set(
        stored(
            tmp_path,
            "SELECT refusal FROM addresses JOIN host_addresses ON id = address_id"
            " WHERE choice = 1 AND addresses.family = 6",
        )
    )
    ((skipped,),) = stored(tmp_path, "SELECT skipped FROM crawl")
    assert ["ipv6"] == list(json.loads(skipped))
