"""
Builds a read model: copies the newest file, replaces the dates that have changed, and renames the copy into place.

A file is complete from the moment it has its name. Names are numbered, for DuckDB knows an open
file by its name; the files that a new one replaces are deleted, and processes that have one open keep it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import idna
import pyarrow as pa
from duckdb import DuckDBPyConnection
from filelock import FileLock
from sqlalchemy import Connection, Table

from ipv6matrix.exceptions import ExportError
from ipv6matrix.files import replacing
from ipv6matrix.summaries import source
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.tables import ALL_TABLES
from ipv6matrix.web.read_model import schema
from ipv6matrix.web.read_model.model import LIMITS

log = logging.getLogger(__name__)

# Memory of DuckDB during a build; larger sorts use the disk.
_LIMITS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "memory_limit": "200MB",
    "threads": 1,
    "preserve_insertion_order": True,
}


# Rows of a group, which a query reads or skips as a whole. Domains are sorted by date, then by name: with DuckDB's
# 122,880 rows a lookup of one domain would read everything.
_ROW_GROUP: Final = 16_384


def path_prefix(folder: Path, url: str) -> Path:
    """Return how the files of a database begin in a folder: models of different databases have different names."""
    with Database(url) as database:
        if database.is_in_memory:
            raise ExportError(f"{url!r} is a database in memory: name a file, as in sqlite:///crawls/matrix.db")
        return folder / f"site-{hashlib.sha256(repr(database.place).encode()).hexdigest()[:8]}"


def newest(prefix: Path) -> Path | None:
    """Return the newest complete file."""
    return max(prefix.parent.glob(f"{prefix.name}-*.duckdb"), key=_number, default=None)


def source_versions(url: str) -> dict[dt.date, str]:
    """Return the version of each date in a database of summaries. Raises ExportError."""
    with Database(url, for_reading=True) as database, database.read() as connection:
        return source.versions(connection, source.columns(connection))


def build(url: str, folder: Path) -> Path:
    """
    Bring the read model of a database up to date, and return its file.

    One process builds at a time; one that waited finds the work done. Raises ExportError.
    """
    prefix = path_prefix(folder, url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(prefix.with_name(f"{prefix.name}.lock")):
            return _build(url, prefix)
    except (OSError, duckdb.Error) as error:
        words = " ".join(str(error).split())
        raise ExportError(
            f"cannot write the read model in {folder} ({words}): free disk space, or set READ_MODEL_DIR"
        ) from error


def _build(url: str, prefix: Path) -> Path:
    with Database(url, for_reading=True) as database, database.read() as connection:
        table_columns = source.columns(connection)
        current = source.versions(connection, table_columns)
        old = newest(prefix)
        copied = versions(old) if old else None
        if old and copied == current:
            return old
        changed = [date for date in current if (copied or {}).get(date) != current[date]]
        new = prefix.with_name(f"{prefix.name}-{(_number(old) if old else 0) + 1:06}.duckdb")
        with replacing(new) as partial:
            if old and copied is not None:
                shutil.copyfile(old, partial)
            with _writing(partial, is_new=copied is None) as model:
                _replace(model, connection, table_columns, current, changed)
                _list_names(model)
                _describe(model, database.name, current)
    for other in prefix.parent.glob(f"{prefix.name}-*.duckdb"):
        if _number(other) < _number(new):
            other.unlink(missing_ok=True)
    log.info("Read model %s: %d crawls, %d of them read from %s", new, len(current), len(changed), database.name)
    return new


def versions(file: Path) -> dict[dt.date, str] | None:
    """Return the version of each date in a file; None for one of another format, or that cannot be read."""
    try:
        with duckdb.connect(str(file), read_only=True, config=LIMITS) as model:
            if model.execute("SELECT format FROM About").fetchall() != [(schema.FORMAT,)]:
                return None
            return dict(model.execute("SELECT date, tag FROM Versions").fetchall())
    except duckdb.Error as error:
        log.warning("Read model %s cannot be read and is built anew: %s", file, error)
        return None


def _number(file: Path) -> int:
    match = re.search(r"-(\d+)\.duckdb$", file.name)
    return int(match[1]) if match else 0


@contextmanager
def _writing(file: Path, *, is_new: bool) -> Iterator[DuckDBPyConnection]:
    if is_new:
        file.unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="sorting-", dir=file.parent) as scratch,
        duckdb.connect(":memory:", config={**_LIMITS, "temp_directory": scratch}) as model,
    ):
        model.execute(f"ATTACH '{_quoted(file)}' AS model (ROW_GROUP_SIZE {_ROW_GROUP})")
        model.execute("USE model")
        if is_new:
            schema.create(model)
        yield model
        model.execute("USE memory")
        model.execute("DETACH model")


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _replace(
    model: DuckDBPyConnection,
    connection: Connection,
    table_columns: source.Columns,
    current: Mapping[dt.date, str],
    changed: Sequence[dt.date],
) -> None:
    unchanged = [*({*current} - {*changed})]
    for table in (*ALL_TABLES, *schema.SUMS.values()):
        model.execute(f'DELETE FROM "{table.name}" WHERE NOT list_contains(?, date)', [unchanged])
    for table in ALL_TABLES if changed else ():
        if table.name in table_columns:
            _copy(model, connection, table, table_columns, changed)
    for table in schema.SUMS if changed else ():
        model.execute(schema.summation(table), [changed])


def _copy(
    model: DuckDBPyConnection,
    connection: Connection,
    table: Table,
    table_columns: source.Columns,
    dates: Sequence[dt.date],
) -> None:
    """Copy the rows of some dates, in the order in which questions read them."""
    name = table.name
    model.execute(f'CREATE TEMP TABLE Unsorted AS FROM "{name}" LIMIT 0')
    statement = schema.insertion(table).replace(f'INTO "{name}"', "INTO Unsorted", 1)
    for texts in source.rows(connection, table, table_columns, dates):
        model.register("batch", pa.table({"text": pa.array(texts, pa.string())}))
        model.execute(statement)
        model.unregister("batch")
    model.execute(f'INSERT INTO "{name}" FROM Unsorted ORDER BY {schema.ordered(table)}')
    model.execute("DROP TABLE Unsorted")


def _list_names(model: DuckDBPyConnection) -> None:
    """List the distinct names of all lists in order, for searches, and those with A-labels in their own letters."""
    every = "SELECT domain FROM Domains UNION SELECT domain FROM Readiness"
    model.execute(f"CREATE OR REPLACE TABLE Names AS {every} ORDER BY domain")
    model.execute("DELETE FROM Idn")
    rows = model.execute("SELECT domain FROM Names WHERE contains(domain, 'xn--')").fetchall()
    names = [name for (name,) in rows]
    model.register("batch", pa.table({"unicode": [*map(_decoded, names)], "domain": names}))
    if names:
        model.execute("INSERT INTO Idn SELECT unicode, domain FROM batch ORDER BY unicode")
    model.unregister("batch")


def _decoded(name: str) -> str:
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name


def _describe(model: DuckDBPyConnection, name: str, current: Mapping[dt.date, str]) -> None:
    model.execute("DELETE FROM About")
    model.execute("DELETE FROM Versions")
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    model.execute("INSERT INTO About VALUES (?, ?, ?)", [schema.FORMAT, name, now])
    for date, tag in current.items():
        model.execute("INSERT INTO Versions VALUES (?, ?)", [date, tag])
