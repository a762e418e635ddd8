"""
A crawl that several processes share, compared with one of a single process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls, rows, typed
from tests.cluster.impatient import ADDONS
from tests.cluster.workers import workers
from tests.postgres import Postgres, running
from tools import killing

pytestmark = [pytest.mark.crawl, pytest.mark.database]

KILLS = 3
SETTINGS = killing.SETTINGS


@pytest.fixture(scope="module")
def domains(internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenth of the domains whose servers answer the same way each time."""
    file = tmp_path_factory.mktemp("list") / "domains.txt"
    names = [name for name in internet.scenario.domains if not name.startswith("recovering")][::10]
    file.write_text("".join(f"{name}\n" for name in names))
    return file


@pytest.fixture(scope="module")
def alone(internet: Internet, domains: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a crawl on one machine."""
    place = tmp_path_factory.mktemp("alone")
    process = crawls.crawl(domains, internet.settings() | SETTINGS | crawls.folders(place))
    assert process.returncode == 0, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    return path


def gathered(url: str, place: Path) -> Path:
    """Return the database that `gather` makes."""
    process = typed.run("gather", url, OUTPUT_DIR=place)
    assert process.returncode == 0, process.stderr
    return Path(process.stdout.strip())


def answered(postgres: Postgres, url: str) -> int:
    """Return the number of answers that are stored."""
    database = url.rpartition("/")[2]
    if [(None,)] == postgres.execute(database, "SELECT to_regclass('answers')::text"):
        return 0
    ((number,),) = postgres.execute(database, "SELECT count(*) FROM answers")
    return int(str(number))


def wait_for(postgres: Postgres, url: str, number: int) -> None:
    """Wait until so many answers are stored."""
    deadline = time.monotonic() + 120
    while answered(postgres, url) < number:
        assert time.monotonic() < deadline, "the crawl does not go on"
        time.sleep(0.1)


def test_killed_processes_lose_and_double_nothing() -> None:
    """
    Processes that share a crawl of 300 domains are killed, and others join; the facts are those of one process.

    Only what was in flight or not committed is sent again; `make torture-many` is the long form.
    """
    command = [sys.executable, "-m", "tools.many", "kill", "--kills", str(KILLS), "--seed", "2026"]
    command += ["--domains", "300", "--set", "METRICS=ping,nameservers", "--set", f"ADDONS={ADDONS}"]
    process = subprocess.run(command, cwd=typed.ROOT, capture_output=True, text=True, timeout=600, check=False)

    assert "kill: 0 problems in" in process.stdout, process.stdout + process.stderr[-3000:]
    assert f"kills {KILLS}," in process.stdout
    # Check the guard itself: the killed processes were busy.
    assert "requests in flight" in process.stdout


def test_a_restart_of_the_server_loses_nothing(internet: Internet, domains: Path, alone: Path, tmp_path: Path) -> None:
    """
    The processes wait for a server that stops at once and one that is killed, say so, and go on.
    """
    with (
        running() as server,
        workers(
            tmp_path, domains, internet.settings() | SETTINGS | {"STORE_URL": (url := server.url()), "ADDONS": ADDONS}
        ) as some,
    ):
        for _ in range(2):
            some.start()
        for number, end in enumerate((server.stop, server.kill)):
            wait_for(server, url, 50 + 150 * number)
            end()
            server.start()
        some.wait()
        result = gathered(url, tmp_path)

    assert "STORE_AWAY" in some.logs
    assert [] == rows.differences(rows.facts(alone), rows.facts(result))


def test_an_opt_out_stops_all_processes(internet: Internet, postgres: Postgres, tmp_path: Path) -> None:
    """Two seconds after `scrapy optout add`, no process sends a packet to the network; the other family continues."""
    url, place = postgres.url(), tmp_path / "domains.txt"
    place.write_text("".join(f"{name}\n" for name in list(internet.scenario.domains)[:25]))
    settings = internet.settings() | SETTINGS | {"METRICS": "ping,tcp80", "PROBE_RATE": 12, "SECOND_PASS": False}
    with workers(tmp_path, place, settings | {"FEATURES": "WWW", "STORE_URL": url}) as some:
        for _ in range(2):
            some.start()
        wait_for(postgres, url, 50)
        typed.run("optout", "add", "198.18.0.0/15", STORE_URL=url, OPTOUT_FILE="").check_returncode()
        added_at = time.time()
        some.wait()
    result = Store.read(gathered(url, tmp_path))
    resolvers = (internet.resolver4, internet.resolver6)
    sent = {packet.destination for packet in internet.packets(since=added_at + 2.0)} - {*resolvers}

    assert {6} == {6 if ":" in address else 4 for address in sent}
    assert ("opted_out",) in result.query("SELECT DISTINCT refusal FROM addresses WHERE family = 4")
    result.close()
