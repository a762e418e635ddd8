"""The simulated Internet starts, fails and ends: in this process, and as `python -m simnet`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from simnet import namespaces, network
from simnet.internet import Internet
from simnet.namespaces import InternetUnavailable
from simnet.scaled import scaled
from tests.typed import ROOT
from tests.waiting import until


def test_sentence_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TUN_DEVICE", "/dev/net/no-such-device")
    with pytest.raises(InternetUnavailable, match=r"no-such-device is missing .*: run sudo modprobe tun"):
        network._tun("to-nowhere")
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(InternetUnavailable, match=r"The program nft is missing: run apt-get install nftables\."):
        namespaces._feed(("nft", "-f", "-"), "")


def test_second_internet_is_refused(internet: Internet, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="running Internet already"):
        Internet(scaled(10), tmp_path).start()


@pytest.mark.crawl
def test_command_runs_at_the_vantage_point(tmp_path: Path) -> None:
    """It runs in the scaled scenario, and its exit status is passed on."""
    script = (
        "import json, os, socket; "
        "settings = json.load(open(os.environ['IPV6MATRIX_INTERNET'])); "
        "assert len(open(settings['domains_file']).readlines()) == 300; "
        "socket.create_connection(('198.18.128.1', 80), 2); raise SystemExit(7)"
    )

    result = _shell("--scenario", "scaled", "--domains", "300", "--", sys.executable, "-c", script)

    assert 7 == result.wait(20)


@pytest.mark.crawl
def test_near_resolver_and_closed_ping_sockets_are_options() -> None:
    """The resolver is then on the vantage point's own link, and no group may open ICMP datagram sockets."""
    script = (
        "import socket; "
        "devices = {line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line}; "
        "assert devices == {'lo', 'to-r1', 'to-resolver'}, devices; "
        "socket.create_connection(('2001:db8:53::53', 53), 2)\n"
        "try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)\n"
        "except PermissionError: raise SystemExit(5)"
    )

    result = _shell("--near-resolver", "--no-ping-sockets", "--", sys.executable, "-c", script)

    assert 5 == result.wait(20)


def test_vantage_point_has_no_way_out(internet: Internet) -> None:
    """Besides loopback there is one device, and its other end is the forwarder's."""
    devices = {name for _, name in socket.if_nameindex()}

    assert {"lo", "to-r1"} == devices
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("2001:503:ba3e::2:30", 443), timeout=2)


@pytest.mark.crawl
def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    parent = _shell("--directory", str(tmp_path), "--", "sleep", "30", start_new_session=True)
    try:
        helpers = until(lambda: pids if len(pids := _helpers_of(parent.pid)) == 7 else [])

        os.kill(parent.pid, signal.SIGKILL)

        until(
            lambda: (
                not any(
                    Path(f"/proc/{helper}/cmdline").exists() and Path(f"/proc/{helper}/cmdline").read_bytes()
                    for helper in helpers
                )
            )
        )
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()


def _shell(*arguments: str, start_new_session: bool = False) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "simnet", "shell", *arguments]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, start_new_session=start_new_session)


def _helpers_of(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"simnet" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.crawl
def test_threads_do_not_stay_in_the_real_network():
    """A process that has started a thread gets an error of its own, not one about the machine that tests may ignore."""
    code = (
        "import threading; from simnet import namespaces\n"
        "threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start(); namespaces.enter()"
    )

    # As if no process had left the real network before, and as a child of these tests.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("IPV6MATRIX")}
    complaints = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        ).stderr
        for environment in (outside, os.environ)
    ]

    assert "RuntimeError: this process has started threads already" in complaints[0]
    assert "" == complaints[1]
