"""
A database of summaries, named by a URL: opened, with its tables made, written and read in transactions.

Every SQL database that SQLAlchemy speaks will do. What goes wrong becomes an
ExportError: a sentence with the URL, never its password, and what mends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import sqlalchemy
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.engine import URL, Inspector, make_url

from ipv6matrix.exceptions import ExportError
from ipv6matrix.summaries import faults, totals
from ipv6matrix.summaries.prepared import writing
from ipv6matrix.summaries.tables import METADATA

# Seconds to wait for somebody else who writes; a crawl of a million domains is written in a few minutes.
_LOCK_TIMEOUT: Final = 300
_CONNECT_TIMEOUT: Final = 10
# Mysql-connector asks for a collation that MariaDB does not have, unless told another.
_MYSQLCONNECTOR: Final = {
    "charset": "utf8mb4",
    "collation": "utf8mb4_bin",
    "connection_timeout": _CONNECT_TIMEOUT,
}


class Database:
    """A database of summaries. Connects when it is first used; every method may raise ExportError."""

    def __init__(self, url: str) -> None:
        with faults.told_of_url(url):
            self._url = make_url(url)
            self.name: Final = self._url.render_as_string(hide_password=True)
            self._engine = _engine(self._url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._engine.dispose()

    @property
    def place(self) -> tuple[object, ...]:
        """What two URLs of one database have in common."""
        url = self._url
        if url.get_backend_name() == "sqlite":
            return ("sqlite", _path(url).absolute().resolve())
        socket = url.query.get("unix_socket")
        host = None if socket else url.host in (None, "localhost", "127.0.0.1", "::1") or url.host
        return (url.get_backend_name().replace("mariadb", "mysql"), socket, host, url.port or 3306, url.database)

    def is_there(self) -> bool:
        """Tell whether there is a file, for a database that is one; to ask a server is to connect."""
        return self._file is None or self._file.is_file()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and changes nothing."""
        if not self.is_there():
            raise ExportError(f"there is no {self.name}: publish a crawl there with `scrapy export summary`")
        with faults.told(self.name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction: committed whole at its end, or not at all."""
        if self._file is not None:
            _make_folder(self._file.parent, self.name)
        engine = self._engine.execution_options(writes=True)
        with faults.told(self.name), engine.begin() as connection:
            yield connection

    def prepare(self) -> None:
        """Make the tables that are missing, and what is to be prepared; refuse tables that cannot hold our rows."""
        with self.write() as connection:
            self._tables(connection)
            names = {*METADATA.tables, *totals.METADATA.tables} - {*inspect(connection).get_table_names()}
            with faults.told_of_missing(self.name, sorted(names)):
                METADATA.create_all(connection)
                totals.METADATA.create_all(connection)
            writing.mend(connection)

    def has_tables(self) -> bool:
        """Tell whether all tables are there; refuse those that cannot hold our rows."""
        if not self.is_there():
            return False
        with self.read() as connection:
            return self._tables(connection) == set(METADATA.tables)

    def _tables(self, connection: Connection) -> set[str]:
        inspector = inspect(connection)
        there = set(METADATA.tables) & set(inspector.get_table_names())
        if mends := [mend for name in sorted(there) for mend in _mends(inspector, name)]:
            raise ExportError(f"{self.name} has tables of an earlier version: mend them with {' '.join(mends)}")
        return there

    @property
    def _file(self) -> Path | None:
        is_file = self._url.get_backend_name() == "sqlite" and self._url.database not in (None, "", ":memory:")
        return _path(self._url) if is_file else None


def _path(url: URL) -> Path:
    name = url.database or ""
    # SQLite also takes URIs of its own, as in sqlite:///file:/path?mode=ro&uri=true.
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _engine(url: URL) -> Engine:
    defaults: dict[str, Any] = {}
    if url.get_driver_name() == "mysqlconnector":
        defaults = _MYSQLCONNECTOR
    elif url.get_backend_name() == "sqlite":
        defaults = {"timeout": _LOCK_TIMEOUT}
    arguments = {name: value for name, value in defaults.items() if name not in url.query}
    engine = sqlalchemy.create_engine(url, connect_args=arguments)
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    # Python's module would begin only before the first change, and not before a CREATE TABLE.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        # Whoever reads is not held up, and does not hold up; whoever else writes waits.
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _make_folder(folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"cannot make the folder of {name} ({error.strerror}): name another place") from error


def _mends(inspector: Inspector, table: str) -> Iterator[str]:
    """Give the statements that bring a table up to date, if it needs any."""
    columns = {column["name"] for column in inspector.get_columns(table)}
    missing = [column.name for column in METADATA.tables[table].columns if column.name not in columns]
    if missing == ["unknown"]:
        yield f"ALTER TABLE {table} ADD COLUMN unknown INT NOT NULL DEFAULT 0;"
    elif missing:
        raise ExportError(f"the table {table} has no column {missing[0]}: it is another program's, give another URL")
    # Tables of 2022 were MyISAM, where no transaction protects anything.
    options = inspector.get_table_options(table)
    if any(name.endswith("_engine") and engine != "InnoDB" for name, engine in options.items()):
        yield f"ALTER TABLE {table} ENGINE = InnoDB;"
