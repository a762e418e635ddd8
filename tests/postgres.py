"""
A PostgreSQL server for the tests: in a folder, on a socket and on an unused loopback port.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

SECONDS_TO_START = 60.0
# The server refuses to run as root.
_USER = "nobody"
# Small buffers, and no waiting for disks: the data are needed for minutes. Tests of power cuts need none.
_FRUGAL = {"shared_buffers": "32MB", "fsync": "off", "max_connections": "40", "max_locks_per_transaction": "256"}


@dataclass
class Postgres:
    """A running server; its superuser is `matrix`, with a password over TCP."""

    folder: Path
    port: int
    options: dict[str, str] = field(default_factory=dict)
    "Settings that replace the frugal ones."
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in (_FRUGAL | self.options).items()]
        command = [program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-h", "127.0.0.1", *options], stdout=log, stderr=log, **_as_user()
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"postgres does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it as `pg_ctl stop -m` does, if it is running."""
        if self._process is not None:
            command = [program("pg_ctl"), "stop", "-w", "-D", str(self.folder / "data"), "-m", mode]
            subprocess.run(command, check=True, capture_output=True, **_as_user())
            self._process.wait(60)
            self._process = None

    def kill(self) -> None:
        """Kill the server process, as when memory is short, and wait until its children have noticed."""
        assert self._process is not None
        children = list(self._children(self._process.pid))
        self._process.kill()
        self._process.wait(60)
        self._process = None
        # A server does not start while a child of the last one uses its shared memory.
        for descriptor in children:
            select.select([descriptor], [], [], 60)
            os.close(descriptor)

    def _children(self, number: int) -> Iterator[int]:
        """Yield a descriptor of each child, which becomes readable when the child ends."""
        for child in Path(f"/proc/{number}/task/{number}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                yield os.pidfd_open(int(child))

    def _answers(self) -> bool:
        try:
            self.execute("postgres", "SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, database: str, *statements: str) -> list[tuple[object, ...]]:
        """Run statements, and return the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        with psycopg.connect(
            host=str(self.folder), port=self.port, user="matrix", dbname=database, autocommit=True
        ) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def url(self, user: str = "matrix:hunter2", database: str | None = None) -> str:
        """Return the URL of a database, by default of a new one."""
        if database is None:
            database = f"crawl{next(self._numbers)}"
            self.execute("postgres", f"CREATE DATABASE {database}")
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


def program(name: str) -> str | None:
    """Return the path of a program; Debian installs the newest version outside the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)]))


def _as_user() -> dict[str, object]:
    return {"user": _USER} if os.geteuid() == 0 else {}


@contextmanager
def running(**options: str) -> Iterator[Postgres]:
    """Run a new server, with the given settings, and remove all its files at the end."""
    # The path of a socket has at most 107 octets, so it is not below pytest's own folder.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
    (folder / "password").write_text("hunter2")
    (folder / "password").chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Postgres(folder, probe.getsockname()[1], options)
    try:
        command = [program("initdb"), "-D", str(folder / "data"), "-U", "matrix", "-N", "-E", "UTF8", "--locale=C"]
        command += ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={folder / 'password'}"]
        subprocess.run(command, check=True, capture_output=True, **_as_user())
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a server once per session."""
    if not program("postgres"):
        pytest.skip("PostgreSQL is not installed: tools/system-packages.sh has its package")
    with running() as server:
        yield server
