"""Prepared sums."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from sqlalchemy import delete, func, insert, select

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import writing
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, HostData
from ipv6matrix.summaries.staging import promote
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA, TABLES
from tests.summaries.sample_rows import DATE, LATER, made_up

ROWS = [
    HostData(date=DATE, country=country, tld=tld, type=kind, hosts=hosts, ping4=hosts / 8)
    for hosts, (country, tld, kind) in enumerate(
        [("DE", "de", "WWW"), ("DE", "de", "MX"), ("DE", "com", "WWW"), ("US", "com", "WWW"), ("US", "com", "NS")], 1
    )
]


def of(database, table, *columns):
    """Give the totals of a table, of all dates."""
    found = totals.TOTALS[table]
    with database.read() as connection:
        query = select(*(found.c[name] for name in ("level", *columns))).order_by(*found.primary_key.columns)
        return [tuple(row) for row in connection.execute(query)]


def is_complete(database):
    with database.read() as connection:
        return writing.are_complete(connection)


def test_each_level_adds_up_what_it_does_not_tell_apart(new_database):
    """
    All rows; those of each country, TLD and kind; and of two of these. Other columns are empty.
    """
    database = new_database()
    publish(database, DATE, ROWS)

    assert [
        ("", "", "", "", 15, 1.875),
        ("country", "DE", "", "", 6, 0.75),
        ("country", "US", "", "", 9, 1.125),
        ("country tld", "DE", "com", "", 3, 0.375),
        ("country tld", "DE", "de", "", 3, 0.375),
        ("country tld", "US", "com", "", 9, 1.125),
        ("country type", "DE", "", "MX", 2, 0.25),
        ("country type", "DE", "", "WWW", 4, 0.5),
        ("country type", "US", "", "NS", 5, 0.625),
        ("country type", "US", "", "WWW", 4, 0.5),
        ("tld", "", "com", "", 12, 1.5),
        ("tld", "", "de", "", 3, 0.375),
        ("tld type", "", "com", "NS", 5, 0.625),
        ("tld type", "", "com", "WWW", 7, 0.875),
        ("tld type", "", "de", "MX", 2, 0.25),
        ("tld type", "", "de", "WWW", 1, 0.125),
        ("type", "", "", "MX", 2, 0.25),
        ("type", "", "", "NS", 5, 0.625),
        ("type", "", "", "WWW", 8, 1.0),
    ] == of(database, HOST_DATA, "country", "tld", "type", "hosts", "ping4")


@pytest.mark.parametrize("table", totals.TOTALS, ids=lambda table: table.name)
def test_every_figure_has_its_totals(new_database, table):
    """
    Each column at each level is the sum of the rows.
    """
    database = new_database()
    publish(database, DATE, made_up())
    figures = [column.name for column in table.c if not column.primary_key]
    keys = totals.keys(table)
    with database.read() as connection:
        plain = connection.execute(select(*(func.sum(table.c[name]) for name in figures))).one()

    found = of(database, table, *figures)
    levels = [" ".join(words) for words in chain.from_iterable(combinations(keys, size) for size in range(len(keys)))]

    assert set(levels) == {row[0] for row in found}
    for level in levels:
        sums = [sum(values) for values in zip(*(row[1:] for row in found if row[0] == level), strict=True)]
        assert pytest.approx([float(value) for value in plain]) == sums


def test_levels_are_named_in_the_order_of_the_key():
    """
    However they are asked for.
    """
    assert "country type" == totals.level(HOST_DATA, ["type", "country"])
    assert "" == totals.level(DOMAIN_PENETRATION, [])


def test_a_date_that_is_replaced_has_new_totals(new_database):
    """
    Nothing is left of the old ones, other dates keep theirs, and the date is told apart from what it was.
    """
    database = new_database()
    publish(database, DATE, ROWS)
    publish(database, LATER, made_up(LATER))
    before = tags(database)
    later = [row for row in of(database, HOST_DATA, "date", "hosts") if row[1] == LATER]
    publish(database, DATE, ROWS[:1])

    found = of(database, HOST_DATA, "date", "hosts")
    assert {1} == {row[2] for row in found if row[1] == DATE}
    assert later == [row for row in found if row[1] == LATER]
    assert [True, False] == [before[date] == tags(database)[date] for date in (LATER, DATE)]


def tags(database):
    with database.read() as connection:
        return dict(tuple(row) for row in connection.execute(select(totals.EDITIONS)))


def test_totals_go_along_to_the_live_database(new_database):
    """
    Live has them after a promotion, and staging has none left.
    """
    staging, live = new_database(), new_database()
    publish(staging, DATE, ROWS)
    expected = of(staging, HOST_DATA, "tld", "hosts")

    promote(staging, live, DATE)

    assert expected == of(live, HOST_DATA, "tld", "hosts")
    assert ([], {}) == (of(staging, HOST_DATA, "tld"), tags(staging))
    assert is_complete(live)


def test_an_old_database_gets_totals_when_it_is_written(new_database):
    """
    Tables without totals are not complete; preparing to write makes them, of all dates.
    """
    database = new_database()
    publish(database, DATE, ROWS)
    publish(database, LATER, made_up(LATER))
    expected = of(database, HOST_DATA, "date", "hosts")
    with database.write() as connection:
        totals.METADATA.drop_all(connection)

    assert not is_complete(database)
    database.prepare()
    assert is_complete(database)
    assert expected == of(database, HOST_DATA, "date", "hosts")


def test_dates_that_come_or_go_by_other_means_are_noticed(new_database):
    """
    A date without totals and totals without a date are mended before the next crawl is written.
    """
    database = new_database()
    publish(database, DATE, ROWS)
    with database.write() as connection:
        connection.execute(delete(HOST_DATA))
        row = {"date": LATER, "country": "DE", "tld": "de", "domains": 3}
        connection.execute(insert(TABLES[DomainPenetration]), row)

    assert not is_complete(database)
    database.prepare()
    assert is_complete(database)
    assert [] == of(database, HOST_DATA, "hosts")
    assert {(LATER, 3)} == {row[1:] for row in of(database, DOMAIN_PENETRATION, "date", "domains")}


def test_dates_are_found_one_by_one(new_database):
    """
    Each once, the earliest first; none in an empty table.
    """
    database = new_database()
    publish(database, LATER, made_up(LATER))
    publish(database, DATE, ROWS)
    with database.read() as connection:
        assert [DATE, LATER] == totals.dates(connection, HOST_DATA)
        assert [LATER] == totals.dates(connection, DOMAIN_PENETRATION)
        connection.execute(delete(HOST_DATA))
        assert [] == totals.dates(connection, HOST_DATA)
