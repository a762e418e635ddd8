"""Differences between two crawls."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from tests import rows
from tests.samples import domain_item, lookup

NAMES = ("a.example", "b.example")


def database(path: Path, names: tuple[str, ...] = NAMES, *statements: str) -> Path:
    """Store these domains, and change the stored rows."""
    store = Store(path)
    for name in names:
        store.add_request(f"dns://resolver/{name}?type=SOA")
        store.complete(domain_item(name, ns=lookup(name, "NS")))
    store.close()
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE domains SET asked_at = asked_at + 1",
        "UPDATE lookups SET ttl_s = 7, asked_at = 7",
        "UPDATE frontier SET newest = 7",
    ],
)
def test_times_and_row_numbers_are_not_a_difference(tmp_path, statement):
    """Another order, other times and other TTLs are the same facts."""
    facts = rows.facts(database(tmp_path / "one.db"))
    other = rows.facts(database(tmp_path / "other.db", NAMES[::-1], statement))

    assert [] == rows.differences(facts, other)


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("DELETE FROM domains WHERE name = 'a.example'", "domains: lost ('a.example'"),
        ("UPDATE lookups SET status = 'timeout' WHERE owner_id = 1", "lookups: gained ('domain', 'a.example'"),
        (
            "INSERT INTO requests (url, slot, number) VALUES ('ping://192.0.2.1', 'ping', 3)",
            "requests: gained ('ping://192.0.2.1'",
        ),
        ("DROP TABLE hops", "hops: only in one"),
    ],
)
def test_a_missing_or_additional_row_is_a_difference(tmp_path, statement, difference):
    """A row that was lost, added or changed is reported."""
    facts = rows.facts(database(tmp_path / "one.db"))
    other = rows.facts(database(tmp_path / "other.db", NAMES, statement))

    assert any(line.startswith(difference) for line in rows.differences(facts, other))


def test_a_duplicate_row_is_a_difference(tmp_path):
    """Rows are counted, not only compared."""
    facts = rows.facts(database(tmp_path / "one.db"))
    double = facts | {"domains": [*facts["domains"], facts["domains"][0]]}

    assert 1 == len(rows.differences(facts, double))
    assert 1 == len(rows.differences(double, facts))


def test_a_dangling_foreign_key_is_found(tmp_path):
    """The result has what SQLite's own checks find."""
    path = database(tmp_path / "ips.db", NAMES, "INSERT INTO pings VALUES (99, 5, '[]', NULL, 1)")

    assert ["pings points nowhere"] == rows.unsound(path)
    assert [] == rows.unsound(database(tmp_path / "sound.db"))
