"""
Reads a database into facts that two crawls of one list have in common.

Row numbers become the names they refer to; times, TTLs and RTTs, which differ
between runs, become whether they are set.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, Final

Row = tuple[Any, ...]

# What a crawl records about itself, and SQLite's own tables.
NO_FACTS: Final = ("crawl", "frontier")
# Row numbers, in the order of discovery; how often a request was sent; the place of an address in an answer that
# servers rotate; and which lookups were inferred, which depends on how soon a slow server denied the name.
DROPPED: Final = ("id", "number", "position", "discards", "inferred")
# Requests of the retry pass, and those to name servers: which of them share a URL follows from the order of rows, and
# is not a fact.
NO_ROWS: Final = {"requests": "url NOT LIKE '%pass=2' AND url NOT LIKE '%&rd=0'"}
# The name of a row in other tables.
NAMES: Final = {"domains": "name", "hosts": "name", "addresses": "address"}


def facts(path: Path) -> dict[str, list[Row]]:
    """Return the rows of each table, sorted; a duplicate row is in the list twice."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {
            table: sorted(connection.execute(_query(connection, table)).fetchall(), key=repr)
            for (table,) in tables.fetchall()
            if table not in NO_FACTS
        }


def differences(expected: dict[str, list[Row]], actual: dict[str, list[Row]]) -> list[str]:
    """Return each row that one of two databases has and the other does not, or has more often."""
    lines = [f"{table}: only in one" for table in expected.keys() ^ actual.keys()]
    for table in expected.keys() & actual.keys():
        lines += [f"{table}: lost {row}" for row in _beyond(expected[table], actual[table])]
        lines += [f"{table}: gained {row}" for row in _beyond(actual[table], expected[table])]
    return sorted(lines)


def unsound(path: Path) -> list[str]:
    """Return the errors that SQLite finds in a database: broken pages, dangling foreign keys. Writes to the file."""
    with closing(sqlite3.connect(path)) as connection:
        lines = [text for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]
        return lines + [f"{row[0]} points nowhere" for row in connection.execute("PRAGMA foreign_key_check")]


def _query(connection: sqlite3.Connection, table: str) -> str:
    targets = {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})")}
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in DROPPED]
    chosen = ", ".join(_column(table, column, targets.get(column)) for column in columns)
    return f"SELECT {chosen} FROM {table} WHERE {NO_ROWS.get(table, 'TRUE')}"


def _column(table: str, column: str, target: str | None) -> str:
    if column == "owner_id":
        names = " UNION ALL ".join(
            f"SELECT {name} FROM {owner} WHERE {owner}.id = owner_id AND '{owner}' GLOB {table}.owner || '*'"
            for owner, name in NAMES.items()
        )
        return f"({names})"
    if target is not None:
        return f"(SELECT {NAMES[target]} FROM {target} WHERE {target}.id = {table}.{column})"
    if column == "rtts_ms":
        return "json_array_length(rtts_ms)"
    return f"{column} IS NULL" if column.endswith(("_at", "_ttl_s", "_ms")) or column == "ttl_s" else column


def _beyond(rows: list[Row], others: list[Row]) -> list[Row]:
    return list((Counter(rows) - Counter(others)).elements())
