"""
A database of summaries, named by a URL: opened, its tables created, written and read in transactions.

Any SQL database that SQLAlchemy supports will do. Errors become ExportErrors with
the URL (without its password), the problem and the fix.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import sqlalchemy
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.engine import URL, Inspector, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateColumn

from ipv6matrix.exceptions import ExportError
from ipv6matrix.program import PROGRAM
from ipv6matrix.summaries import errors
from ipv6matrix.summaries.tables import (
    ADDED_COLUMNS,
    ALL_TABLES,
    DATE_VERSIONS,
    METADATA,
    OBSOLETE_TABLES,
    READINESS_METADATA,
    VERSIONS_METADATA,
)

log = logging.getLogger(__name__)

_TABLES: Final = {table.name: table for table in ALL_TABLES}
# Seconds to wait for another writer; a crawl of a million domains is written in a few minutes.
_LOCK_TIMEOUT: Final = 300
_READ_TIMEOUT: Final = 5
_CONNECT_TIMEOUT: Final = 10
# By default mysql-connector requests a collation that MariaDB does not have.
_MYSQLCONNECTOR: Final = {
    "charset": "utf8mb4",
    "collation": "utf8mb4_bin",
    "connection_timeout": _CONNECT_TIMEOUT,
}


class Database:
    """
    A database of summaries. Connects when it is first used; every method may raise ExportError.

    One opened `for_reading` is never written nor created, does not wait for locks, and hands over the
    rows of a query as they come instead of holding all of them in memory.
    """

    def __init__(self, url: str, *, for_reading: bool = False) -> None:
        with errors.translate_url_errors(url):
            self._url = make_url(url)
            self.name: Final = self._url.render_as_string(hide_password=True)
            self._engine = _engine(self._url, self._file, for_reading=for_reading)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._engine.dispose()

    @property
    def place(self) -> tuple[object, ...]:
        """What all URLs of one database have in common."""
        url = self._url
        if url.get_backend_name() == "sqlite":
            return ("sqlite", _path(url).absolute().resolve())
        socket = url.query.get("unix_socket")
        host = None if socket else url.host in (None, "localhost", "127.0.0.1", "::1") or url.host
        return (url.get_backend_name().replace("mariadb", "mysql"), socket, host, url.port or 3306, url.database)

    @property
    def is_in_memory(self) -> bool:
        return self._url.get_backend_name() == "sqlite" and self._file is None

    def is_there(self) -> bool:
        """Check whether the file of the database exists; a server counts as there until it is queried."""
        return self._file is None or self._file.is_file()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and changes nothing."""
        if not self.is_there():
            raise ExportError(f"there is no {self.name}: publish a crawl there with `{PROGRAM} export summary`")
        with errors.translate_errors(self.name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction: committed whole at its end, or not at all."""
        if self._file is not None:
            _make_folder(self._file.parent, self.name)
        engine = self._engine.execution_options(writes=True)
        with errors.translate_errors(self.name), engine.begin() as connection:
            yield connection

    def prepare(self) -> None:
        """Create missing tables and columns, and drop tables that nothing reads any more; refuse foreign tables."""
        with self.write() as connection:
            self._refuse_unusable(connection)
            names = {*_TABLES, DATE_VERSIONS.name} - {*inspect(connection).get_table_names()}
            with errors.name_missing(self.name, sorted(names)):
                for metadata in (METADATA, READINESS_METADATA, VERSIONS_METADATA):
                    metadata.create_all(connection)
            for statement in _column_statements(connection):
                with errors.name_missing_columns(self.name, statement):
                    connection.exec_driver_sql(statement)
        self._drop_obsolete()

    def has_tables(self, *, with_readiness: bool = False) -> bool:
        """Check whether the tables of 2022 exist, and those about readiness if need be; refuse foreign tables."""
        if not self.is_there():
            return False
        with self.read() as connection:
            self._refuse_unusable(connection)
            needed = {*METADATA.tables, *(READINESS_METADATA.tables if with_readiness else ())}
            return needed <= {*inspect(connection).get_table_names()}

    def _refuse_unusable(self, connection: Connection) -> None:
        inspector = inspect(connection)
        existing = set(_TABLES) & set(inspector.get_table_names())
        if statements := [statement for name in sorted(existing) for statement in _conversions(inspector, name)]:
            raise ExportError(
                f"{self.name} has tables without transactions: convert them with {' '.join(statements)}"
                f" or copy them to another database with `{PROGRAM} import mysql2022`"
            )

    def _drop_obsolete(self) -> None:
        with self.write() as connection:
            names = sorted({*OBSOLETE_TABLES} & {*inspect(connection).get_table_names()})
            try:
                for name in names:
                    connection.exec_driver_sql(f"DROP TABLE {name}")
            except DBAPIError as error:
                if not errors.is_denied(error):
                    raise
                log.warning("%s has tables that nothing reads: DROP TABLE %s;", self.name, ", ".join(names))

    @property
    def _file(self) -> Path | None:
        is_file = self._url.get_backend_name() == "sqlite" and self._url.database not in (None, "", ":memory:")
        return _path(self._url) if is_file else None


def _path(url: URL) -> Path:
    name = url.database or ""
    # SQLite also takes URIs of its own, as in sqlite:///file:/path?mode=ro&uri=true.
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _engine(url: URL, file: Path | None, *, for_reading: bool) -> Engine:
    is_file = url.get_backend_name() == "sqlite"
    defaults: dict[str, Any] = {}
    if url.get_driver_name() == "mysqlconnector":
        # An unbuffered cursor streams; what is left unread of it is thrown away.
        defaults = _MYSQLCONNECTOR | ({"buffered": False, "consume_results": True} if for_reading else {})
    elif is_file:
        defaults = {"timeout": _READ_TIMEOUT if for_reading else _LOCK_TIMEOUT}
    arguments = {name: value for name, value in defaults.items() if name not in url.query}
    if for_reading and file is not None:
        # With mode=ro SQLite creates no file and refuses to write.
        url = url.set(database=file.absolute().as_uri(), query={"mode": "ro", "uri": "true"})
    engine = sqlalchemy.create_engine(url, connect_args=arguments)
    if is_file:
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    return engine


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    # Python's module would begin a transaction only before the first change, and not before a CREATE TABLE.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        # In WAL mode readers neither wait nor make others wait; another writer waits.
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _make_folder(folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"cannot make the folder of {name} ({error.strerror}): name another place") from error


def _conversions(inspector: Inspector, table: str) -> Iterator[str]:
    """Yield the statements that make a table usable; raise ExportError for a table of another program."""
    columns = {column["name"] for column in inspector.get_columns(table)}
    missing = [column.name for column in _TABLES[table].columns if column.name not in columns | ADDED_COLUMNS]
    if missing:
        raise ExportError(f"the table {table} has no column {missing[0]}: it is another program's, give another URL")
    # Tables of 2022 were MyISAM, where no transaction protects anything.
    options = inspector.get_table_options(table)
    if any(name.endswith("_engine") and engine != "InnoDB" for name, engine in options.items()):
        yield f"ALTER TABLE {table} ENGINE = InnoDB;"


def _column_statements(connection: Connection) -> Iterator[str]:
    """Yield the statements that add the columns of this version to tables of earlier ones."""
    inspector = inspect(connection)
    for name, table in _TABLES.items():
        existing = {column["name"] for column in inspector.get_columns(name)}
        for column in table.columns:
            if column.name not in existing:
                yield f"ALTER TABLE {name} ADD COLUMN {CreateColumn(column).compile(dialect=connection.dialect)}"
