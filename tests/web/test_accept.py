"""Content negotiation."""

from __future__ import annotations

import pytest

from ipv6matrix.web.accept import best, takes_gzip

OFFERED = ("application/json", "text/html", "text/csv")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("  ", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/*", "text/html"),
        ("text/csv, text/html", "text/html"),
        ("text/csv;q=0.5, text/html;q=0.4", "text/csv"),
        ("text/csv; charset=utf-8 ;q=0.5, text/html;q=0.4", "text/csv"),
        # The more specific range decides, wherever it stands (RFC 9110 section 12.5.1).
        ("*/*;q=1, application/json;q=0.1", "text/html"),
        ("text/html;q=0, text/*", "text/csv"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("nonsense, ;;, /, text/", None),
        ("nonsense, text/csv", "text/csv"),
        (",".join(["a/b"] * 5_000) + ",text/csv", "text/csv"),
    ],
)
def test_the_best_is_chosen(accept, expected):
    """The best media type is chosen by quality, then by the order of the offer; None if none is acceptable."""
    assert expected == best(accept, OFFERED)


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("", False),
        ("br", False),
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0", False),
        ("gzip ; q=0.000, *", False),
        ("*;q=0, gzip", True),
        ("gzippy, ;, ;;q=0,", False),
    ],
)
def test_a_coding_is_taken_or_not(accept_encoding, expected):
    """A named coding has precedence over `*`, and a weight of 0 rejects (RFC 9110 section 12.4.2)."""
    assert expected == takes_gzip(accept_encoding)
