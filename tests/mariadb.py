"""A MariaDB server for the tests: in a folder, on a socket and on an unused loopback port."""

from __future__ import annotations

import os
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

import mysql.connector
import pytest

SECONDS_TO_START = 60.0
# What is missing on a system without an installed server: program, Debian package.
PROGRAMS = {
    "mariadbd": "mariadb-server-core",
    "mariadb-install-db": "mariadb-server-core",
    "my_print_defaults": "mariadb-client-core",
}
# Debian installs the server outside the PATH of ordinary users.
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
# Small buffers, and no waiting for disks: the data are needed for minutes.
FRUGAL = (
    "--innodb-buffer-pool-size=16M",
    "--innodb-log-file-size=16M",
    "--innodb-flush-method=nosync",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--aria-pagecache-buffer-size=1M",
    "--key-buffer-size=1M",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--skip-name-resolve",
)


@dataclass
class MariaDb:
    """A running server; its root has no password."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    "Options of the server that replace the frugal ones."
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def socket(self) -> Path:
        return self.folder / "socket"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [program("mariadbd"), "--no-defaults", *_as_root(), *FRUGAL, *self.options]
        command += [f"--datadir={self.folder / 'data'}"]
        command += [f"--socket={self.socket}", "--bind-address=127.0.0.1", f"--port={self.port}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, f"--tmpdir={self.folder}"], stdout=log, stderr=log)
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mariadbd does not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it, if it is running."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except mysql.connector.Error:
            return False
        return True

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as root, and return the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        connection = mysql.connector.connect(
            unix_socket=str(self.socket), user="root", collation="utf8mb4_bin", autocommit=True, connection_timeout=10
        )
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                    rows = cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
        return rows

    def database(self) -> str:
        """Create an empty database and return its name."""
        name = f"matrix{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def url(self, database: str | None = None, user: str = "root") -> str:
        """Return the URL of a database, by default of a new one; `user` may be `name:password`."""
        return f"mysql+mysqlconnector://{user}@127.0.0.1:{self.port}/{database or self.database()}"

    def user(self, database: str, *privileges: str) -> str:
        """Create a user who has only these privileges on a database, and return `name:password`."""
        name = f"user{next(self._numbers)}"
        self.execute(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'hunter2'")
        if privileges:
            self.execute(f"GRANT {', '.join(privileges)} ON {database}.* TO {name}@'127.0.0.1'")
        return f"{name}:hunter2"


def program(name: str) -> str | None:
    """Return the path of a program."""
    return shutil.which(name, path=PATH)


def _as_root() -> list[str]:
    """Return the options that a server needs to run as root."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _install(folder: Path) -> None:
    options = ["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    options += [*_as_root(), "--innodb-log-file-size=16M", f"--datadir={folder / 'data'}", f"--tmpdir={folder}"]
    made = subprocess.run(
        [program("mariadb-install-db"), *options],
        env=os.environ | {"PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def missing() -> list[str]:
    """Return the Debian packages that are not installed."""
    return sorted({package for name, package in PROGRAMS.items() if not program(name)})


@contextmanager
def running(*options: str) -> Iterator[MariaDb]:
    """Run a new server, and remove all its files at the end."""
    # The path of a socket has at most 107 octets, so it is not below pytest's own folder.
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    server = MariaDb(folder, _free_port(), options)
    try:
        _install(folder)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """Start a server once per session."""
    if packages := missing():
        pytest.skip(f"MariaDB is not installed: apt-get install {' '.join(packages)}")
    with running() as server:
        yield server
