"""Names that begin with a text."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, insert, select

from ipv6matrix.summaries.rows import DomainRow
from ipv6matrix.summaries.tables import DOMAINS, METADATA
from ipv6matrix.web.names import begins_with
from tests.web.summaries import DATES

NAMES = ["a-b.de", "a.de", "a_b.de", "ab.de", "abz.de", "b.de", "za.de", "zz.de"]


@pytest.mark.parametrize("prefix", ["a", "a_", "a-", "ab", "ab.de", "z", "zz", "%", "_", "'", "\x00", "\u00fc", "ac"])
def test_a_range_is_what_begins_so(prefix):
    """
    Exactly the names that begin with a text, whatever it holds.
    """
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        rows = [DomainRow(date=DATES[0], domain=name, country="ZZ") for name in NAMES]
        connection.execute(insert(DOMAINS), [{name: getattr(row, name) for name in row.__slots__} for row in rows])
        found = connection.scalars(select(DOMAINS.c.domain).where(begins_with(DOMAINS.c.domain, prefix))).all()
    engine.dispose()

    assert [name for name in NAMES if name.startswith(prefix)] == found
