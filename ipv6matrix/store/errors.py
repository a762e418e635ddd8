"""
Errors of SQLite, and what the user can do about them.

Source: result codes of SQLite, https://sqlite.org/rescode.html.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Final

_AGAIN: Final = "then rerun the same command"
_NO_ROOM: Final = f"free disk space, {_AGAIN}"
_DAMAGED: Final = "check the disk, move the file away, and restore a backup or start again"
_FIXES: Final = {
    sqlite3.SQLITE_FULL: _NO_ROOM,
    sqlite3.SQLITE_BUSY: f"it is open in another process; close that process or wait for it, {_AGAIN}",
    sqlite3.SQLITE_LOCKED: f"it is open in another process; close that process or wait for it, {_AGAIN}",
    sqlite3.SQLITE_PROTOCOL: f"it is open in another process; close that process or wait for it, {_AGAIN}",
    sqlite3.SQLITE_READONLY: f"make the file and its folder writable, {_AGAIN}",
    sqlite3.SQLITE_PERM: f"make the file and its folder writable, {_AGAIN}",
    sqlite3.SQLITE_CANTOPEN: f"check that it is a file, and that it and its folder are writable, {_AGAIN}",
    sqlite3.SQLITE_NOMEM: f"free memory, {_AGAIN}",
    sqlite3.SQLITE_IOERR: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# Errors that SQLite also reports if there is no space for a file next to the database.
_PERHAPS_NO_ROOM: Final = frozenset((sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN))
# Free space in bytes below which a disk counts as full: one page of the largest size.
_ROOM_BYTES: Final = 65_536


def code(error: sqlite3.Error) -> int:
    """Return the primary result code; 0 for errors that Python itself raises."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_of_file(error: sqlite3.Error) -> bool:
    """Return whether the file or its disk causes an error, and not a statement or a value."""
    is_statement = code(error) == sqlite3.SQLITE_ERROR
    return not is_statement and (isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError)


def fix(error: sqlite3.Error, path: Path) -> str:
    """Return the fix for an error of a database file."""
    if code(error) in _PERHAPS_NO_ROOM and is_full(path):
        return _NO_ROOM
    return _FIXES.get(code(error), _DAMAGED)


def is_full(path: Path) -> bool:
    """Return whether the disk of a file is full."""
    try:
        return shutil.disk_usage(path.parent).free < _ROOM_BYTES
    except OSError:
        return False
