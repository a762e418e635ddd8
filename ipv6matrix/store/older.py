"""
Reads databases that an earlier version wrote.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store

# Byte of a database file that tells whether it has a write-ahead log (https://sqlite.org/fileformat.html#file_format_version_numbers).
_VERSION_AT: Final = 18
_WITH_LOG: Final = 2


def read(path: Path, stopped: Callable[[], bool] | None = None) -> Store:
    """
    Migrate a database of an earlier version, and open it for reading.

    A temporary copy is migrated instead if the file cannot be written, or if its
    crawl has not ended: the program that crawls does not know the newest schema.
    """
    if _may_change(path):
        Store(path).close()
        return Store.read(path, stopped)
    with tempfile.TemporaryDirectory(prefix="ipv6matrix-") as folder:
        copy = Path(folder) / path.name
        _copy(path, copy)
        Store(copy).close()
        # The open file outlives its name.
        store = Store.read(copy, stopped)
    store.path = path
    return store


def _may_change(path: Path) -> bool:
    with path.open("rb") as file:
        has_log = file.read(_VERSION_AT + 1)[-1] == _WITH_LOG
    return not has_log and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _copy(path: Path, copy: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"Cannot copy {str(path)!r} to {str(copy.parent)!r} to migrate it ({error}):"
            " free space there, or set TMPDIR to a folder with as much free space as the file needs"
        ) from error
