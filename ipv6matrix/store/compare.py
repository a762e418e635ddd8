"""
Compares two database files of one crawl.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

# The row of the crawl: another start changes it, but no fact.
_NO_FACTS: Final = ("crawl", "frontier")


def contains(whole: Path, part: Path) -> bool:
    """
    Return whether every request and every fact of `part` is in `whole`, row by row.

    Reads both files completely. Returns False if either is not a database of the same schema.
    """
    try:
        with closing(sqlite3.connect(f"{part.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("ATTACH ? AS whole", (f"{whole.absolute().as_uri()}?mode=ro",))
            tables = connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall()
            return all(
                connection.execute(
                    f"SELECT 1 FROM (SELECT * FROM main.{table} EXCEPT SELECT * FROM whole.{table}) LIMIT 1"
                ).fetchone()
                is None
                for (table,) in tables
                if table not in _NO_FACTS
            )
    except sqlite3.DatabaseError:
        return False
