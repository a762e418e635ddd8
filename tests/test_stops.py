"""Crawls that are stopped, or run out of disk space."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls
from tests.mounts import UNSHARE
from tests.typed import ROOT
from tests.waiting import until
from tools import killing, made_up

pytestmark = pytest.mark.crawl

# Time limit of a clean stop, in seconds.
PROMPT_S = 5.0
# Of crawls to their end. Many of the domains share a network, whose rate would only slow down the tests; nothing is
# slower than the mail servers that greet after three seconds.
UNHURRIED = {"PROBE_RATE_PER_NETWORK": 0, "QUERY_LIFETIME": 2, "SMTP_TIMEOUT": 4, "EXPORTS": ""}


@pytest.fixture
def slow_domains(internet: Internet, tmp_path: Path) -> Path:
    """A list with slow mail servers, which greet after three seconds, or never."""
    path = tmp_path / "slow.txt"
    names = ["smtp-mute.example", "smtp-late.example", "silent.example", "dead.example", "dns-silent.example"]
    path.write_text("".join(f"{name}\n" for name in (*names, *list(internet.scenario.domains)[-70:])))
    return path


def done(place: Path) -> int:
    """Return the number of committed answers, 0 before there is a database."""
    try:
        store = Store.read(place / "current" / "ips.db")
    except StoreError:
        return 0
    ((number,),) = store.query("SELECT count(*) FROM requests WHERE done_at IS NOT NULL")
    store.close()
    return number


@pytest.fixture
def running(internet: Internet, slow_domains: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A crawl in progress, with requests to slow servers in flight."""
    settings = internet.settings() | crawls.folders(tmp_path) | {"PROBE_RATE": 100}
    command = [*crawls.command(slow_domains, settings), "--logfile", str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: done(tmp_path) > 50)
        yield process
        process.kill()


def crawl_row(place: Path) -> dict:
    store = Store.read(place / "current" / "ips.db")
    row = store.crawl()
    store.close()
    return row


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_crawl_cleanly(internet, running, slow_domains, tmp_path, number):
    """
    Within five seconds the crawl has ended with its reason in the row, exit status 1, and the same command finishes it.
    """
    began = time.monotonic()
    running.send_signal(number)

    assert 1 == running.wait(PROMPT_S + 5)
    assert time.monotonic() - began < PROMPT_S
    assert "Traceback" not in (tmp_path / "log").read_text()
    row = crawl_row(tmp_path)
    assert "shutdown" == row["end_reason"]
    assert ["ips.db", "lock"] == sorted(file.name for file in (tmp_path / "current").iterdir())
    if number == signal.SIGTERM:
        process = crawls.crawl(slow_domains, internet.settings() | crawls.folders(tmp_path) | UNHURRIED)
        assert 0 == process.returncode, process.stderr[-2000:]
        (path,) = tmp_path.glob("ips-*.db")
        assert path.name == f"ips-{row['run']}.db"


def test_a_signal_stops_publishing(internet, tmp_path):
    """
    A crawl that is being exported stops as promptly, stays complete in its folder, and the same command publishes it.
    """
    (tmp_path / "current").mkdir()
    made_up.make(tmp_path / "current" / "ips.db", 2_000)
    domains = tmp_path / "domains.txt"
    domains.write_text("nowhere.example\n")
    # The name servers of the made-up domains do not exist; asking them for each of their zones would take minutes.
    settings = internet.settings() | crawls.folders(tmp_path) | {"SECOND_PASS": False, "METRICS": "-nameservers"}
    command = [*crawls.command(domains, settings), "--logfile", str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=ROOT) as process:
        until(lambda: any(tmp_path.glob("*/*/*.part")))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert 1 == process.wait(PROMPT_S + 5)

    assert time.monotonic() - began < PROMPT_S
    log = (tmp_path / "log").read_text()
    assert "Publishing was interrupted" in log
    assert "Traceback" not in log
    assert ["ips.db", "lock"] == sorted(file.name for file in (tmp_path / "current").iterdir())
    assert [] == list(tmp_path.glob("*/*/*.part"))

    process = crawls.crawl(domains, settings)

    assert 0 == process.returncode, process.stderr[-2000:]
    (result,) = tmp_path.glob("ips-*.db")
    assert [] == killing.wrong_files(result)


def test_a_second_signal_stops_immediately(internet, running, slow_domains, tmp_path):
    """The second signal does not wait for anything, and the crawl is resumed from the last commit."""
    running.send_signal(signal.SIGTERM)
    # Equal signals that are pending are one (signal(7)).
    until(lambda: running.poll() is not None or "SIGTERM" in (tmp_path / "log").read_text())
    running.send_signal(signal.SIGTERM)
    began = time.monotonic()
    running.wait(PROMPT_S + 5)

    assert time.monotonic() - began < PROMPT_S
    before = done(tmp_path)
    assert before > 50
    process = crawls.crawl(slow_domains, internet.settings() | crawls.folders(tmp_path) | UNHURRIED)
    assert 0 == process.returncode, process.stderr[-2000:]


def test_a_closed_terminal_stops_the_crawl_cleanly(internet, slow_domains, tmp_path):
    """A crawl that draws on a terminal ends cleanly when the terminal is closed."""
    settings = internet.settings() | crawls.folders(tmp_path) | {"PROBE_RATE": 100}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, crawls.command(slow_domains, settings))
    until(lambda: drain(terminal) or done(tmp_path) > 50)

    began = time.monotonic()
    os.close(terminal)
    _, status = os.waitpid(child, 0)

    assert time.monotonic() - began < PROMPT_S
    assert 1 == os.waitstatus_to_exitcode(status)
    assert "shutdown" == crawl_row(tmp_path)["end_reason"]


def drain(terminal: int) -> None:
    os.set_blocking(terminal, False)
    try:
        while os.read(terminal, 65536):
            pass
    except BlockingIOError:
        return


def test_a_crawl_is_resumed_after_a_full_disk(internet, slow_domains, tmp_path):
    """On a full disk the crawl ends with an error and status 1; once there is space the same command finishes it."""
    small, room = tmp_path / "small", tmp_path / "room"
    small.mkdir()
    settings = internet.settings() | crawls.folders(tmp_path) | UNHURRIED
    settings |= {"JOBDIR": small / "current", "OUTPUT_DIR": tmp_path / "out", "COMMIT_INTERVAL": 0.1}
    full = " ".join(map(str, crawls.command(slow_domains, settings)))
    script = (
        # A separate file system, visible only to these two crawls, that is full until the ballast is removed.
        f"mount -t tmpfs -o size=3m tmpfs {small} && head -c 2700k /dev/zero > {small}/ballast;"
        f" {full}; first=$?; cp -r {small}/current {room}; rm {small}/ballast; mount -o remount,size=100m {small};"
        f" {full}; second=$?; exit $((first * 10 + second))"
    )

    ended = subprocess.run(
        [*UNSHARE, "sh", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 10 == ended.returncode, ended.stderr[-3000:]
    assert "free disk space" in ended.stderr
    assert "DATABASE_FAILED" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert 1 == len(list((tmp_path / "out").glob("ips-*.db")))
