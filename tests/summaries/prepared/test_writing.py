"""Everything that is prepared of a date."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import delete, select

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import writing
from ipv6matrix.summaries.prepared.tables import CHANGES, COLUMNS, COMPARISONS, LISTED, PIECES, STATES
from ipv6matrix.summaries.publication import publish, remove
from ipv6matrix.summaries.tables import HOST_DATA
from tests.summaries.sample_rows import DATE, LATER, made_up

PREPARED = [totals.TOTALS[HOST_DATA], COLUMNS, PIECES, STATES, COMPARISONS, LISTED, CHANGES]
# Another table says that rows of the last ones are there: whoever drops one drops the other.
SAYS = {CHANGES: COMPARISONS, LISTED: STATES}


def contents(database):
    """Give all that is prepared, but for the words of the dates."""
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in totals.METADATA.sorted_tables
            if table is not totals.EDITIONS
        }


@pytest.fixture
def database(new_database):
    made = new_database()
    for date in (DATE, LATER):
        publish(made, date, made_up(date))
    return made


@pytest.mark.parametrize("table", [table for table in PREPARED if table not in SAYS], ids=lambda table: table.name)
def test_what_is_missing_is_noticed_and_mended(database, table):
    """
    Of whichever table; afterwards all is as it was.
    """
    before = contents(database)
    with database.write() as connection:
        assert writing.are_complete(connection)
        connection.execute(delete(table).where(table.c.date == LATER))
        assert not writing.are_complete(connection)
    database.prepare()

    assert before == contents(database)
    with database.read() as connection:
        assert writing.are_complete(connection)


@pytest.mark.parametrize("table", PREPARED, ids=lambda table: table.name)
def test_a_table_that_is_missing_is_made(database, table):
    """
    As in databases of earlier versions.
    """
    before = contents(database)
    with database.write() as connection:
        if table in SAYS:
            SAYS[table].drop(connection)
        table.drop(connection)
        assert not writing.are_complete(connection)
    database.prepare()

    assert before == contents(database)


def test_crawls_load_no_arrow():
    """
    Scrapy imports every command, and with it these modules; Arrow has threads and takes memory.
    """
    code = "import sys, ipv6matrix.summaries.staging; print('pyarrow' in sys.modules)"

    assert "False\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_nothing_is_left_of_a_date_that_is_removed(database):
    """
    And it is the same as if it had never been there.
    """
    with database.write() as connection:
        remove(connection, LATER)
        assert writing.are_complete(connection)

    assert not [row for rows in contents(database).values() for row in rows if LATER in row]


def test_a_date_that_was_deleted_by_hand_goes_with_the_next_crawl(database):
    """
    What is left of it is noticed.
    """
    with database.write() as connection:
        connection.execute(delete(HOST_DATA).where(HOST_DATA.c.date == DATE))
        assert not writing.are_complete(connection)
    database.prepare()

    with database.read() as connection:
        assert writing.are_complete(connection)
        there = select(COLUMNS.c.date).where(COLUMNS.c.summary == HOST_DATA.name).distinct()
        assert [LATER] == list(connection.scalars(there))
