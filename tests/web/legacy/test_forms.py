"""
The formats of an answer.
"""

from __future__ import annotations

import pytest

from ipv6matrix.web.legacy.forms import for_errors, form


@pytest.mark.parametrize("accept", [None, "image/png"])
def test_a_format_by_name_asks_nobody(accept):
    """Only the format data depends on what the client accepts."""
    chosen = form("csv", accept)

    assert ("csv", "text/csv; charset=utf-8", {}) == (chosen.word, chosen.media, chosen.headers)


def test_data_goes_by_what_is_accepted():
    """The format data follows Accept, with text/plain as CSV, and sets Vary."""
    chosen = form("data", "text/plain")

    assert ("csv", "text/plain; charset=utf-8", {"Vary": "Accept"}) == (chosen.word, chosen.media, chosen.headers)


def test_nothing_acceptable_is_no_form():
    """If the client accepts no format, there is none, and errors are JSON."""
    assert form("data", "image/png") is None
    assert ("json", {"Vary": "Accept"}) == (
        for_errors("data", "image/png").word,
        for_errors("data", "image/png").headers,
    )
