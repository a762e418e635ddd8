"""A crawl observed while it runs: its terminal, `scrapy status`, its metrics."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simnet.internet import Internet
from tests import crawls, typed
from tests.waiting import until

pytestmark = pytest.mark.crawl


@pytest.fixture
def domains(internet: Internet, tmp_path: Path) -> Path:
    """A list that takes a while: slow mail servers among seventy domains."""
    path = tmp_path / "domains.txt"
    names = ["smtp-late.example", "silent.example", *list(internet.scenario.domains)[-70:]]
    path.write_text("".join(f"{name}\n" for name in names))
    return path


@pytest.fixture
def settings(internet: Internet, tmp_path: Path) -> dict[str, object]:
    chosen = internet.settings() | crawls.folders(tmp_path)
    return chosen | {"PROBE_RATE": 150, "PROBE_RATE_PER_NETWORK": 0, "METRICS_PORT": free_port(), "EXPORTS": ""}


@pytest.fixture
def running(domains: Path, settings: dict[str, object], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*crawls.command(domains, settings), "--logfile", str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=typed.ROOT, text=True) as process:
        yield process
        process.kill()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def status(place: Path) -> dict[str, Any]:
    ended = typed.run("status", "--json", place / "current")
    assert ended.returncode in (0, 1), ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def samples(port: object) -> dict[str, float]:
    """Read the metrics of a crawl by name and labels; none while the port is closed."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except OSError:
        return {}
    return {name: float(value) for name, value in re.findall(r"^(ipv6matrix\S+) (\S+)$", text, re.MULTILINE)}


def test_a_running_crawl_can_be_observed(running, settings, tmp_path):
    """Status and metrics describe the same crawl; a kill is visible; after a resume counting continues to the end."""
    port = settings["METRICS_PORT"]
    answered = 'ipv6matrix_questions_answered_total{slot="ping"}'
    first = until(lambda: samples(port) if samples(port).get(answered, 0) > 20 else None)
    document = until(lambda: now if (now := status(tmp_path))["figures"]["slots"]["ping"]["done"] > 20 else None)
    then = samples(port)

    assert ("running", str(running.pid)) == (document["state"], document["process"])
    assert first[answered] <= then[answered]
    assert 72 == document["figures"]["domains"]["done"] + document["figures"]["domains"]["left"]
    assert 1 == then['ipv6matrix_part_up{part="dns"}']
    assert 0 < then['ipv6matrix_rate_wait_seconds_total{rate="all"}']
    assert 0 < then["ipv6matrix_loop_lag_seconds_count"]

    running.kill()
    running.wait()
    killed = status(tmp_path)
    assert ("killed", None) == (killed["state"], killed["process"])

    ended = crawls.crawl(tmp_path / "domains.txt", settings | {"METRICS_PORT": 0, "PROBE_RATE": 0})
    assert 0 == ended.returncode, ended.stderr[-3000:]
    assert "none" == status(tmp_path)["state"]
    (path,) = tmp_path.glob("ips-*.db")
    finished = json.loads(typed.run("status", "--json", path).stdout)
    assert ("finished", 72, 0) == (
        finished["state"],
        finished["figures"]["domains"]["done"],
        finished["figures"]["domains"]["left"],
    )
    assert {0} == {slot["pending"] for slot in finished["figures"]["slots"].values()}
    assert finished["figures"]["slots"]["ping"]["done"] >= killed["figures"]["slots"]["ping"]["done"]


def test_a_port_in_use_prevents_the_start(domains, settings):
    """Nothing is requested: exit status 1, an error in the log, and no traceback."""
    with socket.create_server(("127.0.0.1", int(str(settings["METRICS_PORT"])))):
        ended = crawls.crawl(domains, settings)

    assert 1 == ended.returncode
    assert "for METRICS_PORT (Address already in use)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_terminal_shows_a_page_below_the_log(domains, settings):
    """On a terminal the page is redrawn repeatedly, at last with nothing pending, and log lines stay intact."""
    written = on_a_terminal(crawls.command(domains, settings | {"METRICS_PORT": 0, "PROBE_RATE": 0}))
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    pages = re.findall(r"^domains +(\S+) +(\S+) +(\S+)", plain, re.MULTILINE)

    assert len(pages) > 2
    assert ("72", "0", "0") == pages[-1]
    assert "to the retry pass" in plain
    assert re.search(r"^\d{4}-\S+ \S+ \[scrapy.core.engine\] INFO: Spider closed \(finished\)\r?$", plain, re.MULTILINE)


def on_a_terminal(command: list[str]) -> str:
    """Run a command on its own terminal to its end, and return its output."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["COLUMNS"], os.environ["TERM"] = "160", "xterm"
        os.chdir(typed.ROOT)
        os.execv(sys.executable, command)
    written = b""
    # Reading a terminal whose other side is closed is an error (Linux).
    with contextlib.suppress(OSError):
        while block := os.read(terminal, 65536):
            written += block
    os.close(terminal)
    _, ended = os.waitpid(child, 0)
    assert 0 == os.waitstatus_to_exitcode(ended), written[-3000:].decode()
    return written.decode()
