"""
Everything that is prepared of a date: written with it, removed with it, and mended when something else changed it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain

import sqlalchemy as sa
from sqlalchemy import Connection

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import changes, states, tables


def write(connection: Connection, date: dt.date) -> None:
    """Prepare a date anew, from the rows that are there."""
    # Arrow takes memory and starts threads as soon as it is loaded: not in every crawl, but when one is written.
    from ipv6matrix.summaries.prepared import columns, pieces  # noqa: PLC0415

    totals.add_up(connection, date)
    columns.write(connection, date)
    pieces.write(connection, date)
    states.write(connection, date)
    changes.write(connection, date)


def remove(connection: Connection, date: dt.date) -> None:
    """Delete what is prepared of a date that is gone."""
    totals.remove(connection, date)
    for table in (tables.COLUMNS, tables.PIECES):
        connection.execute(sa.delete(table).where(table.c.date == date))
    states.remove(connection, date)
    changes.write(connection, date)


def mend(connection: Connection) -> None:
    """Prepare the dates of which anything is missing, and delete what is left of dates that are gone."""
    for date in sorted(set(chain.from_iterable(_differences(connection)))):
        write(connection, date)


def are_complete(connection: Connection) -> bool:
    """Tell whether everything is prepared of every date of every table, and nothing of another date."""
    inspector = sa.inspect(connection)
    return all(map(inspector.has_table, totals.METADATA.tables)) and not any(_differences(connection))


def _differences(connection: Connection) -> Iterator[set[dt.date]]:
    # As above.
    from ipv6matrix.summaries.prepared import columns, pieces  # noqa: PLC0415

    yield from totals.differences(connection)
    yield from columns.differences(connection)
    yield from pieces.differences(connection)
    yield from states.differences(connection)
    yield from changes.differences(connection)
