"""
The database of summaries as the web server reads it: never written, and never waited for long.

The server outlives its database: what goes wrong is an AwayError, and the next
request asks anew.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, SQLAlchemyError

# Seconds that a statement may take, and that a request waits for a connection.
STATEMENT_LIMIT: Final = 10.0
_POOL_TIMEOUT: Final = 5.0
_POOL_SIZE: Final = 8
_CONNECT_TIMEOUT: Final = 5
# Steps of SQLite's machine between two looks at the clock: some ten microseconds.
_STEPS: Final = 10_000
# What a database says when a statement took too long: MariaDB, MySQL, SQLite.
_TOO_SLOW: Final = (1969, 3024, "SQLITE_INTERRUPT")
_EXAMPLES: Final = "sqlite:///crawls/matrix.db or mysql+mysqlconnector://user:password@localhost/ipv6matrix"


class AwayError(Exception):
    """The database cannot be read at present; the message is for the log."""


class TooSlowError(Exception):
    """A statement took longer than it may."""


class BadUrlError(ValueError):
    """A URL that names no database; the message says what would."""


class Summaries:
    """Connects when it is first asked. Made for many threads."""

    def __init__(self, url: str, statement_limit_s: float = STATEMENT_LIMIT) -> None:
        self._limit = statement_limit_s
        try:
            asked = make_url(url)
            self.name: Final = asked.render_as_string(hide_password=True)
            self._file = _file(asked)
            self._engine = sqlalchemy.create_engine(
                _read_only(asked, self._file),
                connect_args=_arguments(asked),
                isolation_level="AUTOCOMMIT",
                pool_size=_POOL_SIZE,
                max_overflow=0,
                pool_timeout=_POOL_TIMEOUT,
                pool_pre_ping=self._file is None,
            )
        except (ArgumentError, ModuleNotFoundError) as error:
            raise BadUrlError(f"SUMMARY_URL names no database ({error}): give one like {_EXAMPLES}") from error
        event.listen(self._engine, "connect", self._prepare)
        event.listen(self._engine, "checkout", self._look)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """
        Lend a connection; every statement on it is a transaction.

        Raises AwayError when the database or a table is not there, TooSlowError
        when the statements take longer than they may.
        """
        try:
            with self._engine.connect() as connection:
                connection.info["until"] = time.monotonic() + self._limit
                yield connection
        except SQLAlchemyError as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            if {getattr(cause, "errno", None), getattr(cause, "sqlite_errorname", None)} & {*_TOO_SLOW}:
                raise TooSlowError(f"a statement took longer than {self._limit:g} s") from error
            raise AwayError(f"{self.name} cannot be read: {' '.join(str(cause).split())}") from error

    def _prepare(self, connection: Any, record: Any) -> None:
        if self._file is None:
            _limit_server(connection, self._limit)
        else:
            record.info["file"] = _identity(self._file)
            record.info["until"] = time.monotonic() + self._limit
            connection.set_progress_handler(lambda: time.monotonic() > record.info["until"], _STEPS)

    def _look(self, _: Any, record: Any, __: Any) -> None:
        # A file that was put in the place of another would never be seen through an old connection.
        if self._file is not None and record.info["file"] != _identity(self._file):
            raise DisconnectionError(f"{self.name} is another file now")


def _file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    if url.database in (None, "", ":memory:"):
        raise BadUrlError(f"SUMMARY_URL={str(url)!r} names no file: give one like {_EXAMPLES}")
    return Path(url.database or "").absolute()


def _read_only(url: URL, file: Path | None) -> URL:
    # With mode=ro SQLite makes no file where there is none, and refuses to write.
    return url if file is None else url.set(database=file.as_uri(), query={"mode": "ro", "uri": "true"})


def _arguments(url: URL) -> dict[str, Any]:
    if url.get_driver_name() != "mysqlconnector":
        return {}
    # Mysql-connector asks for a collation that MariaDB does not have, unless told another.
    defaults = {"charset": "utf8mb4", "collation": "utf8mb4_bin", "connection_timeout": _CONNECT_TIMEOUT}
    return {name: value for name, value in defaults.items() if name not in url.query}


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)  # noqa: PTH116 - asked for each request
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _limit_server(connection: Any, seconds: float) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.execute("SELECT VERSION()")
    (version,) = cursor.fetchone()
    limit = f"max_statement_time = {seconds}" if "MariaDB" in version else f"max_execution_time = {seconds * 1000:.0f}"
    cursor.execute(f"SET SESSION {limit}")
    cursor.close()
