"""The systemd units: systemd accepts them, and their programs work with the permissions that they grant."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ipv6matrix.web.server import FILES
from simnet.internet import ALLOWED_NETWORKS
from tests import opened
from tests.deploy.units import DEPLOY, STARTS_WITHIN_S, UNITS, command, environment, run, section, wait_for
from tests.typed import ROOT
from tests.web import summaries
from tools import made_up

PROGRAMS = (".venv/bin/scrapy", ".venv/bin/python", "deploy/backup.sh")
CRAWLS = ("ipv6matrix-crawl.service", "ipv6matrix-worker.service")
SERVICES = [unit.name for unit in UNITS if unit.suffix == ".service"]


@pytest.fixture
def verify(tmp_path):
    """Verify units whose programs exist; return the complaints of systemd."""
    program = shutil.which("systemd-analyze") or pytest.skip(
        "systemd-analyze is not installed: apt-get install systemd"
    )
    for name in PROGRAMS:
        stub = tmp_path / "opt" / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("#!/bin/sh\n")
        stub.chmod(0o755)

    def verified(change=lambda text: text):
        units = []
        for unit in UNITS:
            units.append(tmp_path / unit.name)
            units[-1].write_text(change(unit.read_text().replace("/opt/ipv6matrix", f"{tmp_path}/opt")))
        result = subprocess.run(
            [program, "verify", "--man=no", *units], capture_output=True, text=True, check=False, timeout=60
        )
        return (result.stdout + result.stderr).strip()

    return verified


def test_systemd_accepts_the_units(verify):
    """systemd-analyze reports nothing for any unit."""
    assert "" == verify()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("RestartSec=", "RestartSek="), ("OnCalendar=weekly", "OnCalendar=wekly"), ("/scrapy", "/scrapi")],
)
def test_a_faulty_unit_is_found(verify, right, wrong):
    """An invalid key, time or program is reported."""
    assert "" != verify(lambda text: text.replace(right, wrong))


@pytest.mark.parametrize("unit", SERVICES)
def test_no_service_runs_as_root_or_may_become_root(unit):
    """Each service has its user and no new privileges; only crawls have a capability, to open raw sockets."""
    service = section(unit, "Service")

    assert ("ipv6matrix", "yes") == (service["User"], service["NoNewPrivileges"])
    assert ("CAP_NET_RAW" if unit in CRAWLS else "") == service["CapabilityBoundingSet"]
    assert (service["CapabilityBoundingSet"] or None) == service.get("AmbientCapabilities")


def test_exposure_is_as_documented():
    """The levels of `systemd-analyze security` are close to those of docs/deployment.md; versions differ slightly."""
    program = shutil.which("systemd-analyze") or pytest.skip(
        "systemd-analyze is not installed: apt-get install systemd"
    )
    rows = re.findall(r"^\| `(ipv6matrix-\w+\.service)` \|.*\| ([\d.]+) \|$", _documentation(), re.MULTILINE)

    levels = {}
    for unit in SERVICES:
        line = [program, "security", "--offline=true", "--no-pager", DEPLOY / "systemd" / unit]
        result = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
        levels[unit] = float(re.search(r"exposure level for \S+: ([\d.]+)", result.stdout)[1])

    assert {unit: float(level) for unit, level in rows} == pytest.approx(levels, abs=0.3)


@pytest.mark.parametrize("ambient", [True, False])
def test_mtr_packet_works_with_only_that_capability(ambient):
    """Without new privileges, mtr-packet's file capability has no effect, and the unit's ambient one is enough."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can take the user and the capabilities of the unit: run the tests as root")
    # A separate network, without ping sockets, which mtr-packet would fall back to.
    line = ["unshare", "--net", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]
    line += ["--bounding-set=-all,+net_raw"]
    line += ["--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw"] if ambient else []

    result = subprocess.run(
        # Through a shell, which keeps only ambient capabilities, as the crawl does.
        [*line, "sh", "-c", "exec mtr-packet"],
        input="1 check-support feature send-probe\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    if result.stderr.startswith(("setpriv", "unshare")):
        pytest.skip(f"this machine's root may not: {result.stderr.strip()}")
    assert ("feature-support support ok" in result.stdout) == ambient


@pytest.fixture
def unit_command(internet, tmp_path):
    """Expand the crawl's command as systemd does, with programs and folders of a test; add further options."""
    (tmp_path / "domains.txt").write_text("open.example\nsilent.example\nipv6-only.example\n")

    def expanded(options):
        own = f"-s PROBE_ALLOWED_NETWORKS={ALLOWED_NETWORKS} -s HEALTH_TARGETS={internet.settings()['HEALTH_TARGETS']}"
        values = environment("crawl.env") | {
            "DOMAINS": str(tmp_path / "domains.txt"),
            "CONTACT": "test@example.org",
            "NAMESERVERS": internet.settings()["NAMESERVERS"],
            "OPTOUT_FILE": internet.settings()["OPTOUT_FILE"],
            "SUMMARY_URL": f"sqlite:///{tmp_path}/crawls/matrix.db",
            "LOG_FILE": str(tmp_path / "crawl.log"),
            "EXPORTS": "csv,summary",
            "CRAWL_OPTIONS": f"{own} -s METRICS=soa,ping {options}",
        }
        program, *words = command("ipv6matrix-crawl.service", values)
        assert "/opt/ipv6matrix/.venv/bin/scrapy" == program
        return [sys.executable, "-m", "scrapy", *words]

    return expanded


@pytest.mark.crawl
def test_an_interrupted_crawl_is_resumed(unit_command, tmp_path):
    """Stopped by systemd, the crawl ends with a status that leads to a restart, and the same command finishes it."""
    variables = dict(word.split("=") for word in section("ipv6matrix-crawl.service", "Service")["Environment"].split())
    at = {"cwd": tmp_path, "env": os.environ | variables | {"PYTHONPATH": str(ROOT)}}

    with subprocess.Popen(unit_command("-s SECOND_PASS_AFTER=3600 -s SECOND_PASS_AFTER_MIN=3600"), **at) as first:
        wait_for(tmp_path / "crawl.log", "Retry pass")
        first.send_signal(signal.SIGTERM)
        interrupted = first.wait(60)
    second = subprocess.run(unit_command("-s SECOND_PASS_AFTER=0"), **at, timeout=120, check=False)

    (path,) = (tmp_path / "crawls").glob("ips-*.db")
    assert (1, 0) == (interrupted, second.returncode)
    assert [(3,)] == opened.read(path).query("SELECT count(*) FROM domains")
    assert (tmp_path / "crawls/matrix.db").exists()


@pytest.mark.crawl
def test_the_website_serves_the_database_of_its_environment(tmp_path):
    """The command of the website's unit serves the database of web.env, with its workers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    values = environment("web.env") | {"PORT": str(port), "IPV6MATRIX_SUMMARY_URL": summaries.sqlite(tmp_path)}
    program, *words = command("ipv6matrix-web.service", values)
    at = {"cwd": tmp_path, "env": os.environ | values | {"PYTHONPATH": str(ROOT)}}

    with subprocess.Popen([sys.executable, *words], **at, stderr=subprocess.DEVNULL) as serving:
        dates = _first_answer(f"http://127.0.0.1:{port}/api/v1")
        serving.terminate()

    assert "/opt/ipv6matrix/.venv/bin/python" == program
    assert 200 == dates.status_code


def test_the_website_has_limits_of_memory_tasks_and_files():
    """
    The resources of a flood of requests are bounded; the file limit covers the connections that the server allows.
    """
    service = section("ipv6matrix-web.service", "Service")

    assert ("2G", "256") == (service["MemoryMax"], service["TasksMax"])
    assert FILES == int(service["LimitNOFILE"])


def _first_answer(url: str) -> httpx.Response:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url, timeout=20)
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@pytest.mark.crawl
def test_geoip_files_are_fetched_with_the_settings_of_the_crawl(tmp_path):
    """The command of the GeoIP unit is valid: with a server without such files it ends with 1, not with 2."""
    with _empty_server(tmp_path) as url:
        values = environment("crawl.env") | {"CONTACT": "test@example.org", "GEOIP_OPTIONS": f"-s DBIP_URL={url}"}
        ended = run("ipv6matrix-geoip.service", values, tmp_path)

    assert 1 == ended.returncode, ended.stderr
    assert url in ended.stdout + ended.stderr


@contextlib.contextmanager
def _empty_server(folder: Path) -> Iterator[str]:
    """Run a web server without any files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.crawl
def test_a_manual_command_works_as_documented(tmp_path):
    """The command of docs/deployment.md shows the newest crawl from the folder of the services."""
    line = re.search(r"sudo -u ipv6matrix (env .*?scrapy \w+)$", _documentation(), re.MULTILINE | re.DOTALL)[1]
    line = line.replace("/opt/ipv6matrix/.venv/bin/scrapy", f"{sys.executable} -m scrapy")
    (tmp_path / "crawls").mkdir()
    made_up.make(tmp_path / "crawls/ips-2022-07-20__00-00-00.db", 20)

    shown = subprocess.run(
        ["sh", "-c", line.replace("/opt/ipv6matrix", str(ROOT))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "Results: crawls/ips-2022-07-20__00-00-00.db" in shown.stdout


def test_documented_files_exist():
    """Every file of deploy/ and every unit that docs/deployment.md names exists."""
    files = set(re.findall(r"(?<![\w/])(?:/opt/ipv6matrix/)?(deploy/[\w./-]*\w)", _documentation()))
    units = set(re.findall(r"ipv6matrix-\w+\.(?:service|timer)", _documentation()))

    assert {"deploy/install.sh", "deploy/backup.sh", "deploy/Containerfile"} < files
    assert [] == [file for file in sorted(files) if not (ROOT / file).exists()]
    assert {unit.name for unit in UNITS} == units


def test_the_resume_timer_reads_the_folder_of_the_crawl():
    """The timer that looks for an interrupted crawl after a boot reads the JOBDIR of the unit's crawl."""
    home = section("ipv6matrix-crawl.service", "Service")["WorkingDirectory"]

    assert f"{home}/crawls/current/ips.db" == section("ipv6matrix-resume.timer", "Unit")["ConditionPathExists"]
    assert "ipv6matrix-crawl.service" == section("ipv6matrix-resume.timer", "Timer")["Unit"]


def test_installed_files_are_those_the_units_read(tmp_path):
    """install.sh installs all files, and keeps existing files of the operator."""
    env_file = tmp_path / "etc/ipv6matrix/crawl.env"
    env_file.parent.mkdir(parents=True)
    env_file.write_text("CONTACT=ops@example.org\n")

    subprocess.run([DEPLOY / "install.sh"], env=os.environ | {"DESTDIR": str(tmp_path)}, check=True, timeout=60)

    assert "CONTACT=ops@example.org\n" == env_file.read_text()
    assert {unit.name for unit in UNITS} == {unit.name for unit in (tmp_path / "etc/systemd/system").iterdir()}
    for unit in SERVICES:
        if file := section(unit, "Service").get("EnvironmentFile"):
            assert (tmp_path / file.removeprefix("/")).is_file()


def _documentation() -> str:
    return (ROOT / "docs/deployment.md").read_text()
