"""
Real recursive resolvers at the vantage point, with the settings of deploy/resolver.

They know only the root of the simulated Internet and find the rest.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from simnet.internet import Internet
from simnet.scenario import PUBLISHED_BY, ROOT_SERVER

SETTINGS = Path(__file__).parents[1] / "deploy/resolver"
ADDRESSES = ("127.0.0.1", "::1")
Server = tuple[str, int]
SERVERS = tuple((address, 53) for address in ADDRESSES)
RESOLVER6 = ("::1", 5300)
READY_WITHIN_S = 20


@contextmanager
def recursor(internet: Internet, place: Path) -> Iterator[None]:
    """Run PowerDNS Recursor, on port 53 of both loopback addresses, until the end of the block."""
    internet.forget()
    with _recursor("recursor.conf", place, SERVERS):
        yield


@contextmanager
def unbound(internet: Internet, place: Path) -> Iterator[None]:
    """Run Unbound in the same way."""
    internet.forget()
    with _unbound("unbound.conf", place, SERVERS):
        yield


def _hints(place: Path) -> Path:
    lines = [f". 3600000 NS {ROOT_SERVER}."]
    lines += [f"{ROOT_SERVER}. 3600000 {'AAAA' if ':' in address else 'A'} {address}" for address in PUBLISHED_BY]
    (place / "root.hints").write_text("\n".join(lines) + "\n")
    return place / "root.hints"


@contextmanager
def recursor_without_ipv4(place: Path) -> Iterator[None]:
    """Run PowerDNS Recursor without IPv4, at RESOLVER6."""
    with _recursor("recursor-ipv6only.conf", place, (RESOLVER6,)):
        yield


@contextmanager
def unbound_without_ipv4(place: Path) -> Iterator[None]:
    """Run Unbound in the same way."""
    with _unbound("unbound-ipv6only.conf", place, (RESOLVER6,)):
        yield


def _recursor(settings: str, place: Path, servers: tuple[Server, ...]) -> AbstractContextManager[None]:
    # Settings for the simulated Internet: its root, its prefixes, folders of a test.
    simulated = f"hint-file={_hints(place)}\nsocket-dir={place}\ndont-query=127.0.0.0/8\n"
    # Its reverse names are below the zone of the documentation prefix, which the recursor answers itself (RFC 6303).
    simulated += "serve-rfc1918=no\ndaemon=no\nwrite-pid=no\nsecurity-poll-suffix=\n"
    (place / "recursor.conf").write_text((SETTINGS / settings).read_text() + simulated)
    return _running(
        "pdns_recursor", f"--config-dir={place}", *_old_settings(), log=place / "recursor.log", servers=servers
    )


def _unbound(settings: str, place: Path, servers: tuple[Server, ...]) -> AbstractContextManager[None]:
    simulated = f'root-hints: {_hints(place)}\ndirectory: {place}\npidfile: {place}/pid\nusername: ""\nchroot: ""\n'
    simulated += 'use-syslog: no\nlogfile: ""\nlocal-zone: 8.b.d.0.1.0.0.2.ip6.arpa. nodefault\n'
    (place / "unbound.conf").write_text((SETTINGS / settings).read_text() + simulated)
    return _running("unbound", "-d", "-c", f"{place}/unbound.conf", log=place / "unbound.log", servers=servers)


def _old_settings() -> tuple[str, ...]:
    """Return the option with which version 5 reads settings in the format of version 4, which does not know it."""
    program = shutil.which("pdns_recursor")
    shown = program and subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return ("--enable-old-settings",) if shown and "Recursor 5" in shown.stdout + shown.stderr else ()


@contextmanager
def _running(name: str, *words: str, log: Path, servers: tuple[Server, ...]) -> Iterator[None]:
    program = shutil.which(name) or pytest.skip(f"{name} is not installed: tools/system-packages.sh has its package")
    with log.open("w") as output:
        process = subprocess.Popen([program, *words], stdout=output, stderr=output)
        try:
            _wait(process, log, servers)
            yield
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], log: Path, servers: tuple[Server, ...]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            for server in servers:
                socket.create_connection(server, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args} does not serve: {log.read_text()[-2000:]}")
