"""The retry pass of a crawl: failures are retried once, recovered requests count, nothing is requested a third time."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipv6matrix import urls
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from simnet.packets import SYN, TCP
from tests import crawls
from tests.echoes import purpose
from tests.typed import ROOT
from tests.waiting import until

pytestmark = pytest.mark.crawl

# Echo Requests of a ping.
SERIES = 5
DOMAINS = (
    "open.example",
    "recovering.example",
    "recovering-aaaa.example",
    "recovering-ns.example",
    "recovering-mx.example",
    "recovering-wildcard.example",
    "servfail-mx.example",
    "silent-aaaa.example",
    "refused-a.example",
    "dead.example",
    "filtered.example",
)
RECOVERED = DOMAINS[1:6]


@dataclass(frozen=True)
class Crawled:
    """A finished crawl."""

    internet: Internet
    log: str
    store: Store
    began_at: float

    def first_answers(self) -> set[tuple]:
        return set(self.store.query("SELECT subject, question, outcome FROM first_answers"))


@pytest.fixture(scope="module")
def domains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("list") / "domains.txt"
    path.write_text("".join(f"{name}\n" for name in DOMAINS))
    return path


def result(place: Path) -> Store:
    (path,) = place.glob("ips-*.db")
    return Store.read(path)


@pytest.fixture(scope="module")
def crawled(internet: Internet, domains: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    place = tmp_path_factory.mktemp("crawl")
    internet.forget()
    began_at = time.time()
    process = crawls.crawl(domains, internet.settings() | crawls.folders(place) | {"PROBE_RATE_PER_NETWORK": 0})
    assert 0 == process.returncode, process.stderr[-3000:]
    store = result(place)
    yield Crawled(internet, process.stderr, store, began_at)
    store.close()


def test_recovered_lookups_count(crawled: Crawled):
    """A lookup that failed the first time and succeeded the second time is stored as answered."""
    rows = crawled.store.query(
        "SELECT name, ns_status, mx_status FROM domain_figures WHERE name LIKE 'recovering%' ORDER BY name"
    )

    assert [
        (name, "ok", "ok" if name != "recovering-wildcard.example" else "nodata") for name in sorted(RECOVERED)
    ] == rows
    assert [("ok", "ok")] == crawled.store.query(
        "SELECT a_status, aaaa_status FROM host_figures WHERE name = 'www.recovering-aaaa.example'"
    )


def test_repeated_failures_stay(crawled: Crawled):
    """The later failure counts, and the first one is stored as well."""
    assert [("servfail-mx.example", "servfail")] == crawled.store.query(
        "SELECT name, mx_status FROM domain_figures WHERE mx_status NOT IN ('ok', 'nodata', 'nxdomain')"
    )
    assert {
        ("servfail-mx.example", "MX", "servfail"),
        ("www.silent-aaaa.example", "AAAA", "timeout"),
    } <= crawled.first_answers()


def test_both_outcomes_are_stored(crawled: Crawled):
    """The first outcome of a request is stored next to the final one."""
    names = {(subject, question) for subject, question, _ in crawled.first_answers() if subject in DOMAINS}

    assert {
        *(("recovering.example", rdtype) for rdtype in ("NS", "MX", "SOA", "A", "AAAA", "HTTPS")),
        ("recovering-ns.example", "NS"),
        ("recovering-mx.example", "MX"),
        ("servfail-mx.example", "MX"),
    } == names


def test_hosts_found_late_are_measured(crawled: Crawled):
    """A mail host that only the retry pass found has its role, its addresses and their probes."""
    rows = crawled.store.query(
        "SELECT host_addresses.family, greeting_code, json_array_length(rtts_ms), reached_ttl IS NOT NULL,"
        " lookups.status"
        " FROM roles JOIN hosts ON hosts.id = host_id JOIN host_addresses USING (host_id)"
        " JOIN smtp_sessions USING (address_id) JOIN pings USING (address_id) JOIN traces USING (address_id)"
        " JOIN lookups ON owner = 'address' AND owner_id = address_id"
        " WHERE roles.kind = 'MX' AND hosts.name = 'mail.recovering-mx.example' ORDER BY 1"
    )

    assert [(4, 220, 5, 1, "ok"), (6, 220, 5, 1, "ok")] == rows


def test_wildcards_are_detected_in_the_retry_pass_too(crawled: Crawled):
    """Guessed hosts that failed at first and that only a wildcard answers are marked as those of the first pass."""
    rows = crawled.store.query("SELECT name, wildcard FROM hosts WHERE name LIKE '%.recovering-wildcard.example'")

    assert 7 == len(rows)
    assert {1} == {wildcard for _, wildcard in rows}


def test_permanent_failures_are_not_retried(crawled: Crawled):
    """REFUSED is not a temporary failure."""
    assert [("refused",)] == crawled.store.query(
        "SELECT a_status FROM host_figures WHERE name = 'www.refused-a.example'"
    )
    assert not any(subject.endswith("refused-a.example") for subject, _, _ in crawled.first_answers())


def test_only_silent_addresses_are_retried(crawled: Crawled):
    """Only servers that answer nothing get a second series of pings and second handshakes."""
    dead = {crawled.internet.address("dead", family, n) for family in (4, 6) for n in (1, 2)}
    packets = crawled.internet.packets(since=crawled.began_at)
    series = Counter(packet.destination for packet in packets if purpose(packet) == "ping")
    handshakes = Counter(
        packet.destination for packet in packets if packet.protocol == TCP and packet.flags == SYN and packet.port == 80
    )

    assert dead == {subject for subject, question, _ in crawled.first_answers() if question == "ping"}
    asked = crawled.store.query("SELECT url FROM requests WHERE slot = 'ping' AND url LIKE '%pass=2'")
    assert dead == {urls.parse(url).subject for (url,) in asked}
    assert dead <= {address for address, number in series.items() if number >= 2 * SERIES}
    assert dead <= {address for address, number in handshakes.items() if number >= 2}
    assert dead == {
        address
        for (address,) in crawled.store.query(
            "SELECT address FROM first_answers JOIN addresses ON address = subject WHERE question = 'tcp 80'"
        )
    }


def test_nothing_is_requested_a_third_time(crawled: Crawled):
    """
    Each lookup went to the resolver at most twice.

    A lookup is three queries when both its servers return SERVFAIL: the third one disables checking (DNSSEC).
    """
    asked = Counter(
        (query.name, query.type)
        for query in crawled.internet.queries(since=crawled.began_at)
        if query.name.endswith(RECOVERED) or query.name.endswith("servfail-mx.example")
    )

    assert 6 == asked["servfail-mx.example", "MX"]
    assert 4 == asked["recovering.example", "NS"]
    assert 1 == asked["recovering-mx.example", "NS"]
    assert {} == {question: number for question, number in asked.items() if number > 6}


def test_the_stats_show_the_benefit(crawled: Crawled):
    """Retries and recoveries are counted."""
    asked = crawled.store.query("SELECT count(*) FROM requests WHERE url LIKE '%pass=2'")[0][0]

    assert f"'second_pass/asked': {asked}," in crawled.log
    assert "'second_pass/recovered': " in crawled.log


def test_a_kill_before_the_retry_pass_changes_nothing(internet, domains, crawled, tmp_path):
    """
    Killed while it waits, the crawl is resumed by the same command, and ends with the same first and later answers.
    """
    settings = internet.settings() | crawls.folders(tmp_path) | {"PROBE_RATE_PER_NETWORK": 0}
    internet.forget()
    log = tmp_path / "log"
    forever = {"SECOND_PASS_AFTER": 3600, "SECOND_PASS_AFTER_MIN": 3600}
    waiting = crawls.command(domains, settings | forever | {"LOG_FILE": log})
    with subprocess.Popen(waiting, cwd=ROOT) as process:
        until(lambda: log.exists() and "retrying the last failures in" in log.read_text())
        until(lambda: not is_any_pending(tmp_path / "current" / "ips.db"))
        process.kill()
    process = crawls.crawl(domains, settings)
    assert 0 == process.returncode, process.stderr[-3000:]
    store = result(tmp_path)

    assert crawled.first_answers() == set(store.query("SELECT subject, question, outcome FROM first_answers"))
    for sql in (
        "SELECT name, ns_status, mx_status, soa_status FROM domain_figures ORDER BY 1",
        "SELECT name, a_status, aaaa_status, wildcard FROM host_figures ORDER BY 1",
    ):
        assert crawled.store.query(sql) == store.query(sql)
    store.close()


def test_without_the_retry_pass_failures_stay(internet, domains, tmp_path):
    """With SECOND_PASS=False everything is requested once."""
    internet.forget()
    process = crawls.crawl(domains, internet.settings() | crawls.folders(tmp_path) | {"SECOND_PASS": False})
    assert 0 == process.returncode, process.stderr[-3000:]
    store = result(tmp_path)

    assert [("servfail",)] == store.query("SELECT ns_status FROM domain_figures WHERE name = 'recovering.example'")
    assert [(0,)] == store.query("SELECT count(*) FROM first_answers")
    store.close()


def is_any_pending(path: Path) -> bool:
    """Return whether the committed part of a database has pending requests."""
    store = Store.read(path)
    try:
        return store.any_pending()
    finally:
        store.close()
