"""The other processes of a crawl that uses several cores."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from scrapy.settings import Settings

from ipv6matrix.cluster.overview import overview
from ipv6matrix.exceptions import StoreError
from ipv6matrix.extensions.processes import Processes, options
from ipv6matrix.progress.status import RUNNING, WorkerStatus
from simnet.internet import Internet
from tests import crawls, typed
from tests.cluster.impatient import ADDONS
from tests.crawlers import crawler
from tests.postgres import Postgres
from tests.waiting import until
from tools import killing

pytestmark = [pytest.mark.crawl, pytest.mark.database]

SHARED = {"STORE_URL": "postgresql://matrix@127.0.0.1:1/crawl"}
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.url()


@pytest.fixture
def start(internet: Internet, url: str, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a crawl by two processes, which lasts until the second has long joined."""
    names = tmp_path / "domains.txt"
    names.write_text("".join(f"{name}\n" for name in list(internet.scenario.domains)[-20:]))
    processes: list[subprocess.Popen[bytes]] = []

    def started(**more: object) -> subprocess.Popen[bytes]:
        settings = internet.settings() | killing.SETTINGS | crawls.folders(tmp_path)
        settings |= {"STORE_URL": url, "PROCESSES": 2, "LOG_FILE": tmp_path / "log"}
        # Few series at a time: the others wait, and can be handed over.
        settings |= {"METRICS": "ping", "SECOND_PASS": False, "PING_CONCURRENCY": 2} | more
        processes.append(subprocess.Popen(crawls.command(names, settings), cwd=typed.ROOT, start_new_session=True))
        return processes[-1]

    yield started
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def members(url: str, *states: str) -> list[WorkerStatus]:
    """Return the processes that share the crawl, in some states."""
    try:
        return [worker for worker in overview(url).workers if worker.state in states]
    except StoreError:
        return []


def both_run(url: str) -> bool:
    return 2 == len(members(url, RUNNING))


def test_one_process_needs_no_others(tmp_path: Path):
    """By default, there is no such extension."""
    assert crawler(tmp_path, **SHARED).get_extension(Processes) is None
    assert crawler(tmp_path, **SHARED, PROCESSES=2).get_extension(Processes) is not None


def test_another_process_has_a_folder_and_a_port_of_its_own():
    """It has the same rates, which are divided by then, and starts no further processes."""
    changed = {"JOBDIR": "here", "METRICS_PORT": 9109, "PROBE_RATE": 250.0, "LOG_LEVEL": "INFO"}
    given = dict(word.split("=", 1) for word in options(Settings(changed | {"QUERY_RATE": 0.0}), 3)[1::2])

    assert ("here/process-3", "9111", "1") == (given["JOBDIR"], given["METRICS_PORT"], given["PROCESSES"])
    assert ("250.0", "0.0", "WARNING") == (given["PROBE_RATE"], given["QUERY_RATE"], given["LOG_LEVEL"])


def test_both_processes_share_the_crawl(start: Start, url: str, tmp_path: Path):
    """Both store answers, and the command ends with status 0 when the crawl has."""
    process = start()
    assert 0 == process.wait(300)
    workers = members(url, "finished")

    assert 2 == len(workers)
    assert all(worker.done for worker in workers)
    assert "has ended with status" not in (tmp_path / "log").read_text()
    gathered = typed.run("gather", url, OUTPUT_DIR=tmp_path)
    shown = json.loads(typed.run("status", gathered.stdout.strip(), "--json").stdout)
    assert ("finished", 20) == (shown["state"], shown["figures"]["domains"]["done"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_both(start: Start, url: str, number: signal.Signals):
    """Both give their buckets back, and the status is that of a crawl that was stopped."""
    process = start()
    until(partial(both_run, url))
    process.send_signal(number)

    assert 1 == process.wait(60)
    assert 2 == len(members(url, "left"))


def test_the_others_end_with_a_killed_one(start: Start, url: str):
    """The second process gives its buckets back without having been sent a signal."""
    process = start()
    until(partial(both_run, url))
    process.kill()
    process.wait()

    until(lambda: 1 == len(members(url, "left")))


def test_a_killed_process_is_replaced_by_the_others(start: Start, url: str, tmp_path: Path):
    """The first process says so, and finishes the crawl alone."""
    process = start(ADDONS=ADDONS, PING_CONCURRENCY=6)
    until(partial(both_run, url))
    # In a container, its number comes before that of the process.
    (other,) = {int(member.process.rpartition("-")[2]) for member in members(url, RUNNING)} - {process.pid}
    subprocess.run(["kill", "-9", str(other)], check=True)

    assert 0 == process.wait(300)
    assert f"Process {other} has ended with status -9" in (tmp_path / "log").read_text()


def test_processes_without_a_database_are_rejected(tmp_path: Path):
    """They would have nothing to share."""
    ended = crawls.crawl(tmp_path / "list", {"PROCESSES": 2, "JOBDIR": tmp_path / "job"})

    assert 2 == ended.returncode
    assert "[SETTING_MISSING]" in ended.stderr
