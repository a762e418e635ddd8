"""Paging of lists."""

from __future__ import annotations

from starlette.requests import Request

from ipv6matrix.web.v1.paging import page


def request(query):
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/api/v1/hosts",
            "query_string": query,
            "headers": [(b"host", b"evil.example")],
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "root_path": "",
        }
    )


def test_one_more_than_asked_for_means_more():
    """The link to the next page is relative, and differs from the request in one parameter."""
    part = page(request(b"tld=a%26b&offset=2"), [5, 6, 7], 2, offset=lambda last: last * 10)

    assert {"items": [5, 6], "next": "/api/v1/hosts?tld=a%26b&offset=60"} == part


def test_the_last_part_has_no_next():
    """The last page has no link to a next one, even if it is full."""
    assert [None, None] == [page(request(b""), rows, 2, offset=int)["next"] for rows in ([5, 6], [])]
