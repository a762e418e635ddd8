"""Totals a column at a time."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sqlalchemy import select

from ipv6matrix.summaries.prepared import columns
from ipv6matrix.summaries.prepared.tables import COLUMNS
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import HostData
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA
from tests.summaries.sample_rows import DATE, LATER, made_up

ROWS = [
    HostData(date=DATE, country=country, tld=tld, type="WWW", hosts=number, ping4=number / 8)
    for number, (country, tld) in enumerate([("DE", "de"), ("DE", "com"), ("US", "com")], 1)
]


@pytest.mark.parametrize(
    ("of", "lists"),
    [
        (pa.int64(), [[1, 2, 3], [], [-(2**62)]]),
        (pa.float64(), [[0.1], [2.5e300, 0.0]]),
        (pa.string(), [["de", "", "xn--mnchen-3ya"], [], ["a\nb", "\0", "ü"]]),
    ],
    ids=str,
)
def test_what_is_packed_comes_back(of, lists):
    """
    One column of all values, in their order.
    """
    packed = [(len(values), columns.pack(values, of)) for values in lists]

    found = columns.unpack(packed, of)

    assert (of, [value for values in lists for value in values]) == (found.type, found.to_pylist())


def test_nothing_packed_is_an_empty_column():
    """
    Of the type that was asked for.
    """
    for of in (pa.int64(), pa.string()):
        assert pa.array([], of) == columns.unpack([], of)


def test_values_are_repeated():
    """
    Each as often as is told, not at all as well.
    """
    assert ["b", "b", "c"] == columns.repeated(["a", "b", "c"], [0, 2, 1], pa.string()).to_pylist()
    assert [] == columns.repeated([1], [0], pa.int32()).to_pylist()


def test_small_parts_are_left_out(new_database, monkeypatch):
    """
    A part has as many rows as are worth it; what no word tells apart is always there.
    """
    database = new_database()
    monkeypatch.setattr(columns, "LEAST", 2)
    publish(database, DATE, ROWS)
    with database.read() as connection:
        found = connection.execute(
            select(COLUMNS.c.level, COLUMNS.c.part, COLUMNS.c.length).where(COLUMNS.c.name == "hosts")
        )
        parts = {tuple(row) for row in found}

    assert {
        ("country", "", 2),
        ("tld", "", 2),
        ("type", "", 1),
        ("country tld", "country=DE", 2),
        ("country tld", "tld=com", 2),
        ("country type", "type=WWW", 2),
        ("tld type", "type=WWW", 2),
        ("country tld type", "country=DE", 2),
        ("country tld type", "tld=com", 2),
    } == parts


def test_columns_of_a_part_are_read(new_database, monkeypatch):
    """
    In the order of their words; the word that they share needs no column.
    """
    database = new_database()
    monkeypatch.setattr(columns, "LEAST", 2)
    publish(database, DATE, ROWS)
    with database.read() as connection:
        names = ["country", "tld", "ping4"]
        found = columns.find(connection, HOST_DATA, "country tld", ["tld=com"], names, [DATE])

    values = found["tld=com", DATE]
    assert {"country", "ping4"} == values.keys()
    assert ["DE", "US"] == columns.unpack([values["country"]], pa.string()).to_pylist()
    assert [0.25, 0.375] == columns.unpack([values["ping4"]], pa.float64()).to_pylist()


def test_dates_without_columns_are_told(new_database):
    """
    Table by table.
    """
    database = new_database()
    for date in (DATE, LATER):
        publish(database, date, made_up(date))
    with database.write() as connection:
        assert [set()] * 3 == list(columns.differences(connection))
        columns.remove(connection, DATE)
        connection.execute(DOMAIN_PENETRATION.delete().where(DOMAIN_PENETRATION.c.date == LATER))
        assert [{DATE, LATER}, {DATE}, {DATE}] == list(columns.differences(connection))
        columns.write(connection, DATE)
        assert [{LATER}, set(), set()] == list(columns.differences(connection))
