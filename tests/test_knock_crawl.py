"""
A measurement of another project is added without changing a module, and takes part in everything that a crawl does.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ipv6matrix.store.database import Store
from simnet.internet import Internet
from simnet.packets import SYN, TCP
from tests import crawls, knock, typed

pytestmark = pytest.mark.crawl

# Lines of a measurement, without imports.
MOST = 60
ADDONS = '{"tests.knock.Addon": 1}'
FORBIDDEN = "10.0.0.1"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("knocks")


@pytest.fixture(scope="module")
def crawl(internet: Internet, place: Path) -> CompletedProcess[str]:
    """Crawl two domains, and a request to a forbidden address that an older frontier left."""
    (place / "list").write_text("open.example\ndead.example\n")
    (place / "current").mkdir()
    Store(place / "current" / "ips.db").close()
    with closing(sqlite3.connect(place / "current" / "ips.db")) as database, database:
        database.execute("INSERT INTO requests (url, slot, number) VALUES (?, 'knock', 1)", (f"knock://{FORBIDDEN}",))
        database.execute("UPDATE frontier SET newest = 1")
    chosen = {"METRICS": "knock", "FEATURES": "WWW", "ADDONS": ADDONS, "EXPORTS": ""}
    done = crawls.crawl(place / "list", internet.settings() | crawls.folders(place) | chosen)
    assert 0 == done.returncode, done.stderr
    return done


@pytest.fixture(scope="module")
def store(crawl: CompletedProcess[str], place: Path):
    (path,) = place.glob("ips-*.db")
    opened = Store.read(path)
    yield opened
    opened.close()


def stat(crawl: CompletedProcess[str], name: str) -> int:
    """Return a stat from the log; 0 if it is missing."""
    match = re.search(rf"'{name}': (\d+)", crawl.stderr)
    return int(match[1]) if match else 0


def knocked(store: Store) -> dict[str, str | None]:
    return dict(store.query("SELECT address, failure FROM knocks JOIN addresses ON id = address_id"))


def test_a_measurement_is_short() -> None:
    """URL, probe, handler, item, table, retries: everything that one needs fits on a page."""
    lines = Path(knock.__file__).read_text().splitlines()

    assert len([line for line in lines if line.strip() and not line.startswith(("from ", "import "))]) <= MOST


def test_what_it_observes_is_stored(internet, store) -> None:
    """Each address of the hosts has a row with the truth."""
    words = {"open": None, "dead": "timeout"}
    truth = {address: words[internet.scenario.behaviour(address).name] for address in knocked(store)}

    assert truth == knocked(store)
    assert {*words.values()} == {*truth.values()}


def test_it_is_counted(crawl, store) -> None:
    """Progress counts its requests and outcomes, and the stats of Scrapy its items and failures."""
    silent = [failure for failure in knocked(store).values() if failure]

    assert len(knocked(store)) + len(silent) + 1 == store.counts.asked["knock"] == store.counts.done["knock"]
    assert 2 * len(silent) == store.counts.outcomes["knock", "timeout"] == stat(crawl, "failures/timeout")
    assert len(knocked(store)) + len(silent) == stat(crawl, "stored/KnockItem")


def test_progress_shows_it(store, tmp_path) -> None:
    """Its slot and its outcomes are among those of `scrapy status`."""
    shutil.copy(store.path, tmp_path / "ips.db")

    shown = typed.run("status", tmp_path, ADDONS=ADDONS)

    assert re.search(r"^knock +\d+ +0 +0$", shown.stdout, re.MULTILINE), shown.stderr
    assert "knock timeout" in shown.stdout


def test_its_failures_are_retried_once(store) -> None:
    """The retry pass repeats its temporary failures, and stores the first outcome of each."""
    silent = {address for address, failure in knocked(store).items() if failure}

    assert silent == {subject for (subject,) in store.query("SELECT subject FROM first_answers")} != set()
    assert len(silent) == store.counts.asked["knock again"]


def test_rules_apply_to_its_destination(internet, crawl, store) -> None:
    """A request to a forbidden address is excluded and counted; no packet is sent."""
    assert 1 == stat(crawl, "refused/private") == store.counts.outcomes["knock", "private"]
    sent = {packet.destination for packet in internet.packets() if (TCP, SYN) == (packet.protocol, packet.flags)}
    assert FORBIDDEN not in sent
    assert {*knocked(store)} <= sent
