"""Content codings."""

from __future__ import annotations

import gzip

import pytest

from ipv6matrix.web.codings import Coded, coded


@pytest.mark.parametrize("text", ["ü" * 400, "quick " * 100_000])
def test_gzip_holds_the_same_octets(text):
    """
    Long answers and very long ones, in fewer octets.
    """
    body = coded(text, "gzip")

    assert "gzip" == body.coding
    assert len(body.octets) < len(text) / 3
    assert text == gzip.decompress(body.octets).decode()


@pytest.mark.parametrize(("text", "coding"), [("x" * 499, "gzip"), ("x" * 5_000, "")])
def test_what_gains_nothing_or_is_not_taken_stays(text, coding):
    """
    Short answers, and those for clients without gzip.
    """
    assert Coded(text.encode()) == coded(text, coding)


def test_caches_are_told():
    """
    The coding, and that it depends on the client, besides what else does.
    """
    headers = {"ETag": "x", "Vary": "Accept"}

    assert headers == Coded(b"").told(headers)
    assert {**headers, "Content-Encoding": "gzip", "Vary": "Accept, Accept-Encoding"} == Coded(b"", "gzip").told(
        headers
    )
    assert {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} == Coded(b"", "gzip").told({})
