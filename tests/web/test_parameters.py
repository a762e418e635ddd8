"""Parameters without a value."""

from __future__ import annotations

import pytest

from ipv6matrix.web.parameters import NoEmptyParameters


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", b""),
        (b"a=&b=1&c", b"b=1"),
        (b"a=1&b=2", b"a=1&b=2"),
        (b"&&a==&=", b"a=="),
        (b"a=%20", b"a=%20"),
    ],
)
async def test_they_are_left_out(query, expected):
    """
    A name without a value is no parameter; everything else stays as it is.
    """
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["query_string"])

    await NoEmptyParameters(app)({"type": "http", "query_string": query}, None, None)

    assert [expected] == seen
