"""Rows of many columns."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.v1.narrow import mappings


@pytest.mark.parametrize("limit", [0, 7, 1000])
def test_rows_are_those_of_the_query(summary_url, limit):
    """
    With the same values of the same types, in the same order.
    """
    query = select(DOMAINS).order_by(DOMAINS.c.domain, DOMAINS.c.date.desc()).limit(limit)
    reading = Summaries(summary_url)
    with reading.connect() as connection:
        expected = [dict(row) for row in connection.execute(query).mappings()]
        found = [dict(row) for row in mappings(connection, query)]
    reading.close()

    assert expected == found
    assert [[*map(type, row.values())] for row in expected] == [[*map(type, row.values())] for row in found]
