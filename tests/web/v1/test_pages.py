"""Tables, a page at a time."""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.rows import HostData
from ipv6matrix.summaries.tables import HOST_DATA
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.v1 import pages as module
from ipv6matrix.web.v1.pages import pages
from tests.web.summaries import DATES, ROWS


@pytest.mark.parametrize("size", [1, 7, 29, 30, 5_000])
def test_pages_make_up_the_table(summary_url, monkeypatch, size):
    """
    Whatever their size, in the order of the key, nothing twice and nothing left out.
    """
    monkeypatch.setattr(module, "ROWS", size)
    summaries = Summaries(summary_url)
    found = [row for page in pages(summaries, HOST_DATA, DATES) for row in page]
    summaries.close()

    expected = sorted(
        (row.date, row.country, row.tld, row.type, row.hosts) for row in ROWS if isinstance(row, HostData)
    )
    assert expected == [row[:5] for row in found]


def test_no_connection_is_held_between_pages(sqlite_url, monkeypatch):
    """
    A hundred readers who stopped in the middle hold up nobody.
    """
    monkeypatch.setattr(module, "ROWS", 1)
    summaries = Summaries(sqlite_url)
    waiting = [pages(summaries, HOST_DATA, DATES) for _ in range(100)]

    assert 100 == len([next(one) for one in waiting])
    summaries.close()
