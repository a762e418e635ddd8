"""Pieces of gzip put together."""

from __future__ import annotations

import gzip
import zlib
from random import Random

import pytest

from ipv6matrix.summaries.prepared import deflate


def texts(seed):
    """Make texts of all lengths up: none, short ones, and some that take several blocks."""
    random = Random(seed)
    return [random.randbytes(size // 3) * 3 for size in (0, 1, 5, 700, 70_000, random.randrange(200_000))]


@pytest.mark.parametrize("seed", range(5))
def test_pieces_are_one_member_of_gzip(seed):
    """
    It is what all texts together would be: with their CRC and length, and nothing behind its end.
    """
    whole = texts(seed)
    Random(seed).shuffle(whole)
    pieces = [deflate.compress(text) if len(text) > 600 else deflate.stored(text) for text in whole]
    reading = zlib.decompressobj(31)

    assert b"".join(whole) == reading.decompress(deflate.gzipped(pieces))
    assert (True, b"") == (reading.eof, reading.unused_data)
    assert b"".join(whole) == deflate.plain(pieces)


def test_no_pieces_are_nothing():
    """
    An empty member is one as well.
    """
    assert b"" == gzip.decompress(deflate.gzipped([])) == deflate.plain([])


def test_a_wrong_crc_is_noticed():
    """
    Whoever reads it checks what was put together.
    """
    piece = deflate.compress(b"text")
    wrong = deflate.Piece(piece.data, piece.crc ^ 1, piece.length)

    with pytest.raises(gzip.BadGzipFile, match="CRC"):
        gzip.decompress(deflate.gzipped([piece, wrong]))
