"""
Errors in the form of 2022.
"""

from __future__ import annotations

import pytest

from ipv6matrix.web.legacy.errors import format_of, refusal


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/json", "json"),
        ("/JSON/hosts", "json"),
        ("/data/", "data"),
        ("/jsonp", None),
        ("/api/json", None),
        ("/", None),
        ("", None),
        ("*", None),
    ],
)
def test_a_path_begins_with_a_format(path, word):
    """A path that begins with a format belongs to the API of 2022, others do not."""
    assert word == format_of(path)


def test_a_refusal_has_two_fields():
    """An error has two fields, the format of the path, and the given headers."""
    answer = refusal({"type": "http", "path": "/csv/x", "headers": []}, 503, "Away", {"Retry-After": "9"})

    assert b"error,help\nAway,Check /api for help using the API\n" == answer.body
    assert (503, "9", "no-store") == (
        answer.status_code,
        answer.headers["retry-after"],
        answer.headers["cache-control"],
    )
