"""
A crawl that is killed repeatedly ends with the same database as an undisturbed one; `make torture` is the long form.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import rows
from tools import killing
from tools.killing import Instant, Killer, Ordeal, Outcome, asked_again

pytestmark = pytest.mark.crawl

KILLS, EVERY = 15, 2
# Few probes of few domains, for tests about other things.
LITTLE = {"METRICS": "soa", "FEATURES": "NS,MX", "SECOND_PASS": False, "COMMIT_INTERVAL": 0.1}
EVERY_OF_FEW = 5
# Lengths to which a log is cut, and the number of those crawls that run to their end.
CUTS, RESUMED = 50, 3


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """A folder on another file system than that of the results, so that publishing copies."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def outcome(internet: Internet, tmp_path_factory: pytest.TempPathFactory, elsewhere: Path) -> Outcome:
    return killing.torture(internet, elsewhere, tmp_path_factory.mktemp("kill"), kills=KILLS, seed=2022, every=EVERY)


def test_the_facts_match_those_of_an_undisturbed_crawl(outcome: Outcome):
    """After 15 kills no row is lost or duplicated, and the crawl was published once."""
    assert KILLS == len(outcome.kills)
    assert [] == outcome.differences


def test_each_kill_leaves_an_intact_database(outcome: Outcome):
    """SQLite finds no broken page and no dangling foreign key, whenever the kill came."""
    assert [] == [text for kill in outcome.kills for text in kill.unsound]


def test_stored_answers_are_never_requested_again(outcome: Outcome):
    """No packet after a kill requests an answer that the database has."""
    assert [] == [request for again in outcome.asked_again for request in again.stored_before]
    assert any(kill.stored for kill in outcome.kills)


def test_only_uncommitted_requests_are_repeated(outcome: Outcome):
    """A repeated request was in flight at the kill, or was answered within the second before."""
    assert [] == [request for again in outcome.asked_again for request in again.too_old]
    # Check the guard itself: a kill does cause repeated requests.
    assert sum(again.questions for again in outcome.asked_again) > 0


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """A crawl whose database was copied and deleted after a kill, so that it began again."""

    ordeal: Ordeal
    result: Path
    copy: Path


@pytest.fixture(scope="module")
def forgotten(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    place, whole = tmp_path_factory.mktemp("forgotten"), tmp_path_factory.mktemp("whole")
    killer = Killer(internet, place, place, LITTLE, every=EVERY_OF_FEW)

    def forget() -> Iterator[Instant]:
        yield Instant(sign="answered", after_s=0.0)
        killing.copy(place / "current", whole)
        shutil.rmtree(place / "current")

    ordeal = killer.crawl(forget())
    return Forgotten(ordeal=ordeal, result=killer.results[0], copy=whole)


def test_a_repeated_request_is_found(internet: Internet, forgotten: Forgotten):
    """If the database is deleted after a kill, requests are repeated, which is reported."""
    assert asked_again(internet, forgotten.ordeal, forgotten.result).stored_before


def test_a_crawl_with_a_truncated_log_is_resumed(internet: Internet, forgotten: Forgotten, tmp_path: Path):
    """As after a power cut: a write-ahead log cut anywhere opens as an intact database, and the crawl is completed."""
    random = Random(2022)
    expected = rows.facts(forgotten.result)
    log = (forgotten.copy / "ips.db-wal").read_bytes()
    counts = []
    for number, length in enumerate(sorted(random.sample(range(len(log)), CUTS))):
        place = tmp_path / f"cut-{number}"
        (place / "current").mkdir(parents=True)
        shutil.copy(forgotten.copy / "ips.db", place / "current")
        (place / "current" / "ips.db-wal").write_bytes(log[:length])
        if number % (CUTS // RESUMED) == CUTS // RESUMED - 1:
            again = Killer(internet, place, place, LITTLE, every=EVERY_OF_FEW)
            again.crawl(iter(()))
            assert [] == rows.differences(expected, rows.facts(again.results[0]))
            continue
        store = Store(place / "current" / "ips.db")
        counts.append(store.query("SELECT count(*) FROM requests")[0][0])
        store.close()
        assert [] == rows.unsound(place / "current" / "ips.db"), length
    assert sorted(counts) == counts
    assert counts[0] < counts[-1]
