"""The Arrow types of the columns of ips.db."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ipv6matrix.exporters import columns, parquet
from ipv6matrix.store.database import Store


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "ips.db")
    yield made
    made.close()


def undecided(store):
    """Return the columns without a rule, in all exported tables."""
    return [
        f"{table}.{name}"
        for table in parquet.tables(store)
        for _, name, *_ in store.query(f"PRAGMA table_info({table})")
        if columns.decided(table, name) is None
    ]


def test_every_column_has_a_rule(store):
    """A new column needs a decision about its type: a time, a flag, a list, a number, a text."""
    assert [] == undecided(store)


def test_a_column_without_a_rule_is_found(store):
    """A new column is reported, and exported as declared."""
    store.query("CREATE TABLE novelties (novelty INTEGER, weight REAL, tale TEXT)")

    assert ["novelties.novelty", "novelties.weight", "novelties.tale"] == undecided(store)
    assert [pa.int64(), pa.float64(), pa.string()] == [
        columns.arrow_type("novelties", "novelty", declared) for declared in ("INTEGER", "REAL", "TEXT")
    ]


def test_every_rule_has_a_column(store):
    """A rule that no column needs is dead."""
    names = {
        f"{table}.{name}"
        for table in parquet.tables(store)
        for _, name, *_ in store.query(f"PRAGMA table_info({table})")
    }
    patterns = {pattern for _, patterns in columns.RULES for pattern in patterns}

    assert set() == {
        pattern_of_rule
        for pattern_of_rule in patterns
        if not any(columns.fits(name, pattern_of_rule) for name in names)
    }


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (columns.NUMBERS, "[1.5, 20]", [1.5, 20.0]),
        (columns.NUMBERS, "[]", []),
        (columns.TEXTS, '["a.example","*.a.example"]', ["a.example", "*.a.example"]),
        (columns.TEXTS, "[]", []),
        (pa.bool_(), 1, True),
        (pa.bool_(), 0, False),
        (pa.int8(), 6, 6),
    ],
)
def test_values_are_converted(kind, value, expected):
    """JSON and comma-separated text become lists, 0 and 1 flags; NULL stays NULL everywhere."""
    assert [expected, None] == columns.array((value, None), kind).to_pylist()


def test_a_value_of_another_type_is_an_error():
    """A text in a column of numbers is not accepted as a number."""
    with pytest.raises(ValueError, match="x"):
        columns.array(("x",), pa.int64())
