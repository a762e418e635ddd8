"""docs/observations.md has every table, view and column, and SQL examples run."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from ipv6matrix.store.database import Store
from tests.docs.texts import NAMES, fenced, read, rows, sections


def test_tables_are_documented_column_by_column(store: Store) -> None:
    """docs/observations.md has every table and view, with its columns, their types and NULLs."""
    assert [] == schema_complaints(read("docs/observations.md"), store)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("### Table `hops`", "### Table `hopps`", "table hopps: no such table or view"),
        (
            "| `reached_ttl` | INTEGER |",
            "| `reached_ttl` | TEXT |",
            "traces.reached_ttl: documented as TEXT, is INTEGER",
        ),
        ("| `starttls` | TEXT |", "| `start_tls` | TEXT |", "smtp_sessions: columns"),
        ("### View `tracert`", "### Tracert", "view tracert: not documented"),
        ("| `mdev` |", "| `deviation` |", "ping: columns"),
    ],
)
def test_a_wrong_column_is_found(store: Store, old: str, new: str, complaint: str) -> None:
    """A wrong table, view, column or type is reported."""
    text = read("docs/observations.md")
    assert old in text

    assert any(line.startswith(complaint) for line in schema_complaints(text.replace(old, new), store))


def test_a_null_without_a_meaning_is_found(store: Store) -> None:
    """A column that may be NULL needs the meaning of NULL, and one that may not needs "never"."""
    text = read("docs/observations.md")
    faulty = re.sub(r"(\| `reached_ttl` \| INTEGER \|[^|]*\|)[^|]*\|", r"\1 never |", text, count=1)

    assert ["traces.reached_ttl: what does NULL mean?"] == schema_complaints(faulty, store)


def test_examples_of_sql_run(store: Store) -> None:
    """Every SQL example of every document runs on an empty ips.db."""
    assert [] == [f"{name}: {complaint}" for name in NAMES for complaint in sql_complaints(read(name), store)]


def test_a_wrong_example_of_sql_is_found(store: Store) -> None:
    """An example with a missing column is reported."""
    assert ["no such column: rtt"] == sql_complaints("```sql\nSELECT rtt FROM hops;\n```\n", store)


def schema_complaints(text: str, store: Store) -> list[str]:
    """Compare the sections of tables and views with those of a database."""
    existing = dict(store.query("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')"))
    documented = {name: (kind.lower(), body) for kind, name, body in sections(text, r"### (Table|View) `(\w+)`")}
    complaints = [
        f"{kind} {name}: not documented" for name, kind in existing.items() if documented.get(name, ("",))[0] != kind
    ]
    for name, (kind, body) in documented.items():
        if existing.get(name) != kind:
            complaints.append(f"{kind} {name}: no such table or view")
        else:
            complaints += _column_complaints(name, kind, body, store.query(f"PRAGMA table_info({name})"))
    return complaints


def _column_complaints(table: str, kind: str, body: str, columns: list[tuple[Any, ...]]) -> Iterator[str]:
    documented = {cells[0].strip("`"): cells for cells in rows(body)}
    if list(documented) != [column[1] for column in columns]:
        yield f"{table}: columns {', '.join(documented)} documented, {', '.join(column[1] for column in columns)} there"
    elif kind == "table":
        for _, name, declared, not_null, _, key in columns:
            described, null = documented[name][1], documented[name][3]
            if described != declared:
                yield f"{table}.{name}: documented as {described}, is {declared}"
            if (null == "never") is not bool(not_null or key) or not null:
                yield f"{table}.{name}: what does NULL mean?"


def sql_complaints(text: str, store: Store) -> list[str]:
    """Run each SQL example and return the errors."""
    complaints = []
    for example in fenced(text, "sql"):
        try:
            store.query(example)
        except sqlite3.Error as error:
            complaints.append(str(error))
    return complaints


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An empty database with all tables and views."""
    empty = Store(tmp_path_factory.mktemp("docs") / "ips.db")
    yield empty
    empty.close()
