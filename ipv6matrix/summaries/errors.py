"""
Translates errors of databases into ExportErrors: the database, the problem and the fix, never the password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ipv6matrix.exceptions import ExportError
from ipv6matrix.program import PROGRAM

_EXAMPLES: Final = "sqlite:///crawls/matrix.db or mysql+mysqlconnector://user:password@localhost/ipv6matrix"
_GRANT: Final = (
    "let an administrator GRANT SELECT, INSERT, DELETE, CREATE, ALTER, DROP, INDEX on that database to the user"
)

# Problem and fix by error number of the server (https://mariadb.com/kb/en/mariadb-error-code-reference/)
# or the client, or by error name of SQLite (https://sqlite.org/rescode.html).
_DOWN: Final = ("does not answer", "start the server, or correct host and port in the URL")
_REFUSED: Final = ("refuses the user or the password", "correct them in the URL")
_BUSY: Final = ("is being written by another process", "give the same command again when that is done")
_FULL: Final = ("has no room", "make room there, then give the same command again")
_READ_ONLY: Final = ("cannot be written", "give this user the right to write it, or name another")
_DENIED: Final = ("does not let this user do that", _GRANT)
_NO_DATABASE: Final = ("is not there", "let an administrator CREATE DATABASE it, or correct the name in the URL")
_NO_TABLE: Final = ("lacks a table", f"publish a crawl there with `{PROGRAM} export summary`")
_NO_FILE: Final = ("cannot be opened", "name a file in a folder that this user may write")
_FOREIGN: Final = ("is not a database that can be read", "move it away, or name another file")

_MEANINGS: Final[dict[int | str, tuple[str, str]]] = {
    **dict.fromkeys((2002, 2003, 2005, 2006, 2013, 2055, 3024), _DOWN),
    **dict.fromkeys((1045, 1698), _REFUSED),
    **dict.fromkeys((1205, 1213, 1062, 1020, "SQLITE_BUSY", "SQLITE_LOCKED"), _BUSY),
    **dict.fromkeys((1021, 1114, "SQLITE_FULL"), _FULL),
    **dict.fromkeys((1036, 1290, 1792, 1836, "SQLITE_READONLY", "SQLITE_PERM"), _READ_ONLY),
    **dict.fromkeys((1044, 1142, 1143, 1227, "SQLITE_AUTH"), _DENIED),
    1049: _NO_DATABASE,
    1146: _NO_TABLE,
    "SQLITE_CANTOPEN": _NO_FILE,
    **dict.fromkeys(("SQLITE_NOTADB", "SQLITE_CORRUPT"), _FOREIGN),
}
_OTHER: Final = ("cannot be used", "fix that, or name another database")


@contextmanager
def translate_url_errors(url: str) -> Iterator[None]:
    """Raise an ExportError for an invalid URL."""
    name = re.sub(r"(?<=:)(?!//)[^@]*(?=@)", "***", url)
    try:
        yield
    except NoSuchModuleError as error:
        raise ExportError(f"{name}: no such kind of database is known: give a URL such as {_EXAMPLES}") from error
    except ModuleNotFoundError as error:
        raise ExportError(
            f"{name} needs the package {error.name!r}: install it with pip, or name another driver"
        ) from error
    except (ArgumentError, ValueError) as error:
        raise ExportError(f"{name!r} is not a valid URL of a database: pass one such as {_EXAMPLES}") from error


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Raise an ExportError for whatever a database refuses."""
    try:
        yield
    except SQLAlchemyError as error:
        problem, fix = _meaning(error)
        raise ExportError(f"{name} {problem} ({_words(error)}): {fix}") from error


@contextmanager
def name_missing(name: str, tables: Sequence[str]) -> Iterator[None]:
    """Raise an ExportError that names the tables which are missing, if the user may not create them."""
    try:
        yield
    except DBAPIError as error:
        if not is_denied(error):
            raise
        raise ExportError(
            f"{name} lacks the tables {', '.join(tables)}, and this user may not make them ({_words(error)}): {_GRANT}"
        ) from error


@contextmanager
def name_missing_columns(name: str, statement: str) -> Iterator[None]:
    """Raise an ExportError with the statement that adds a column, if the user may not add it."""
    try:
        yield
    except DBAPIError as error:
        if not is_denied(error):
            raise
        raise ExportError(
            f"{name} has tables of an earlier version, and this user may not alter them ({_words(error)}):"
            f" let an administrator run {statement};"
        ) from error


def is_denied(error: SQLAlchemyError) -> bool:
    """Check whether the user lacks the right to do something."""
    return _meaning(error) in (_DENIED, _READ_ONLY)


def _meaning(error: SQLAlchemyError) -> tuple[str, str]:
    cause = error.orig if isinstance(error, DBAPIError) else None
    if number := getattr(cause, "errno", None):
        return _MEANINGS.get(number, _OTHER)
    # Of an extended code such as SQLITE_READONLY_DIRECTORY, the first two words say what it is.
    words = str(getattr(cause, "sqlite_errorname", "")).split("_")
    return _MEANINGS.get("_".join(words[:2]), _OTHER)


def _words(error: SQLAlchemyError) -> str:
    """Return the message of the database itself on one line."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())
