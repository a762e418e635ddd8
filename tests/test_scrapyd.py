"""Crawls that scrapyd starts, shows, stops and resumes, over HTTP, with the commands of docs/scrapyd.md."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls, scrapyd_server
from tests.scrapyd_server import Scrapyd
from tests.typed import ROOT
from tests.waiting import until

pytestmark = pytest.mark.crawl

JOBDIR = Path("crawls/monthly")
# Many of the domains share a network, whose rate would only slow down the tests.
UNHURRIED = {"PROBE_RATE_PER_NETWORK": 0, "SECOND_PASS_AFTER": 0}

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: apt-get install curl")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    """A running scrapyd with the project."""
    server = Scrapyd(tmp_path_factory.mktemp("scrapyd"))
    try:
        server.start()
        server.deploy(server.folder / "copy")
        yield server
    finally:
        server.stop()


@pytest.fixture
def domains(internet: Internet, tmp_path: Path) -> Path:
    """A list of domains, some of them slow."""
    path = tmp_path / "list.txt"
    names = ["smtp-mute.example", "smtp-late.example", "silent.example", *list(internet.scenario.domains)[-70:]]
    path.write_text("".join(f"{name}\n" for name in names))
    return path


def row(path: Path) -> dict:
    store = Store.read(path)
    crawl = store.crawl()
    store.close()
    return crawl


def answered(path: Path) -> int:
    """Return the number of committed answers, 0 before there is a database."""
    try:
        store = Store.read(path)
    except StoreError:
        return 0
    ((number,),) = store.query("SELECT count(*) FROM requests WHERE done_at IS NOT NULL")
    store.close()
    return number


@needs_curl
def test_a_crawl_is_started_followed_stopped_and_resumed(internet, server, domains):
    """A cancelled job ends its crawl with a reason; a second job with the same JOBDIR finishes that crawl."""
    place = server.folder / JOBDIR
    settings = internet.settings() | UNHURRIED | {"PROFILE": "small"}
    first = server.schedule(domains, settings | {"PROBE_RATE": 100})
    until(lambda: answered(place / "ips.db") > 50)

    assert "running" == server.state(first)
    assert "Spider opened" in server.log(first)

    assert "running" == server.cancel(first)
    until(lambda: server.state(first) == "finished")
    stopped = row(place / "ips.db")
    assert ("shutdown", 1) == (stopped["end_reason"], stopped["starts"])
    assert "Traceback" not in server.log(first)
    assert "Results:" not in server.log(first)

    second = server.schedule(domains, settings | {"EXPORTS": "csv,report"})
    until(lambda: server.state(second) == "finished")

    assert "Results: crawls/ips-" in server.log(second), server.log(second)[-2000:]
    (path,) = (server.folder / "crawls").glob("ips-*.db")
    finished = row(path)
    assert ("finished", 2) == (finished["end_reason"], finished["starts"])
    assert stopped["run"] == finished["run"]
    chosen = json.loads(finished["settings"])
    assert (str(JOBDIR), "https://example.org/crawler") == (chosen["JOBDIR"], chosen["CONTACT"])
    assert (str(domains), 50) == (finished["list"], chosen["DNS_CONCURRENCY"])
    # Style and scripts of the report are read from the egg.
    assert 1 == len(list(path.parent.glob("report-*.html")))


@needs_curl
def test_a_second_cancel_ends_a_job_immediately_without_loss(internet, server, domains, tmp_path):
    """
    Cancelled twice, a job ends with all committed answers; the remaining job that waits for its JOBDIR continues the
    crawl.
    """
    place, settings = tmp_path / "job", internet.settings() | UNHURRIED | {"JOBDIR": tmp_path / "job"}
    # The crawl only waits, long enough for the test.
    first = server.schedule(
        domains, settings | {"METRICS": "soa,ping", "SECOND_PASS_AFTER": 3600, "SECOND_PASS_AFTER_MIN": 3600}
    )
    second, third = (server.schedule(domains, settings | {"METRICS": "soa,ping"}) for _ in range(2))
    until(lambda: "Retry pass" in server.log(first))
    committed = answered(place / "ips.db")

    assert ["running", "pending"] == [server.state(first), server.state(second)]
    assert "pending" == server.cancel(second)
    assert "running" == server.cancel(first)
    server.cancel(first)
    until(lambda: server.state(first) == "finished" and "Results:" in server.log(third))
    (path,) = [path for path in (server.folder / "crawls").glob("ips-*.db") if row(path)["list"] == str(domains)]
    assert ("finished", 2) == (row(path)["end_reason"], row(path)["starts"])
    assert committed <= answered(path)


@needs_curl
def test_a_folder_in_use_is_left_alone(internet, server, domains, tmp_path):
    """A job with the JOBDIR of a running crawl is rejected with an error in its log, and that crawl continues."""
    settings = (
        internet.settings()
        | crawls.folders(tmp_path)
        | {"METRICS": "soa,ping", "SECOND_PASS_AFTER": 3600, "SECOND_PASS_AFTER_MIN": 3600}
    )
    log = tmp_path / "log"
    with subprocess.Popen(crawls.command(domains, settings | {"LOG_FILE": log}), cwd=ROOT) as crawling:
        until(lambda: log.exists() and "Retry pass" in log.read_text())
        job = server.schedule(domains, settings)
        until(lambda: server.state(job) == "finished")
        running = crawling.poll() is None
        crawling.terminate()

    text, ended = server.log(job), row(tmp_path / "current/ips.db")
    assert running
    assert f"process {crawling.pid}" in text
    assert "JOBDIR_IN_USE" in text
    assert "Traceback" not in text
    assert ("shutdown", 1) == (ended["end_reason"], ended["starts"])


@needs_curl
@pytest.mark.parametrize(
    ("settings", "arguments", "code"),
    [
        ({"PING_CUONT": 3}, {}, "SETTING_UNKNOWN"),
        ({"PING_COUNT": 0}, {}, "SETTING_INVALID"),
        ({}, {"suplemental": "more"}, "ARGUMENT_UNKNOWN"),
    ],
)
def test_errors_are_in_the_log_of_the_job(server, tmp_path, settings, arguments, code):
    """A job with invalid settings or arguments ends before anything is opened, with the error in its log."""
    settings = settings | {"JOBDIR": tmp_path / "job"}
    job = server.schedule(tmp_path / "list", settings, **arguments)
    until(lambda: server.state(job) == "finished")

    assert code in server.log(job)
    assert "Traceback" not in server.log(job)
    assert not (tmp_path / "job").exists()


@needs_curl
def test_one_crawl_runs_at_a_time_and_history_survives_a_restart(tmp_path):
    """Of two jobs one waits; after a restart of scrapyd both have ended, and none is waiting."""
    server = Scrapyd(tmp_path)
    try:
        server.start()
        server.deploy(tmp_path / "copy")
        jobs = [server.schedule(tmp_path / "nowhere.txt", {"PING_COUNT": 0}) for _ in range(2)]
        assert "pending" == server.state(jobs[1])
        until(lambda: [server.state(job) for job in jobs] == ["finished", "finished"])
        server.stop()
        server.start()

        assert ["finished", "finished"] == [server.state(job) for job in jobs]
    finally:
        server.stop()


def test_access_requires_the_password(server):
    """A request without credentials is answered with 401."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen("http://127.0.0.1:6800/daemonstatus.json")

    refused.value.close()
    assert 401 == refused.value.code


def test_without_a_password_the_server_does_not_start(tmp_path):
    """The shipped configuration has no password, and stops scrapyd with an error that says where to put it."""
    shutil.copy(scrapyd_server.ROOT / "deploy" / "scrapyd.conf", tmp_path)

    ended = subprocess.run(
        [scrapyd_server.program("scrapyd"), "--pidfile="],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 0 != ended.returncode
    assert "say_the_password_in_conf_d" in ended.stdout + ended.stderr


def test_the_egg_has_every_file_of_the_package(tmp_path):
    """Code and data of the package are in the egg that scrapyd-deploy builds."""
    copy = tmp_path / "copy"
    scrapyd_server.copy_of_the_project(copy)
    subprocess.run(
        [scrapyd_server.program("scrapyd-deploy"), "--build-egg", str(tmp_path / "egg")],
        cwd=copy,
        capture_output=True,
        check=True,
        timeout=120,
    )
    with zipfile.ZipFile(tmp_path / "egg") as egg:
        packed = set(egg.namelist())

    files = {str(path.relative_to(copy)) for path in (copy / "ipv6matrix").rglob("*") if path.is_file()}
    assert set() == files - packed
