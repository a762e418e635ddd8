"""The tables of what is prepared."""

from __future__ import annotations

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.prepared import tables


def test_they_belong_to_the_totals():
    """
    Whoever makes or drops the totals does so with them; each has a date.
    """
    made = (tables.COLUMNS, tables.PIECES, tables.STATES, tables.LISTED, tables.CHANGES, tables.COMPARISONS)
    for table in made:
        assert table is totals.METADATA.tables[table.name]
        assert "date" in table.primary_key.columns
