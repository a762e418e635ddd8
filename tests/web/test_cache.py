"""The cache of whole answers."""

from __future__ import annotations

from ipv6matrix.web.cache import AnswerCache, Body, size

ONE = ("tag", "gzip")


def test_an_answer_is_found_by_tag_and_coding():
    """An answer is found only by its tag and coding."""
    cache = AnswerCache()
    cache.put(ONE, Body(b"body"))

    assert (Body(b"body"), None) == (cache.get(ONE), cache.get(("tag", "")))


def test_the_answer_that_was_requested_longest_ago_goes_first():
    """The least recently used answer is evicted first."""
    room = size(("a", ""), Body(b"123"))
    cache = AnswerCache(4 * room)
    for key in "abcd":
        cache.put((key, ""), Body(b"123"))
    cache.get(("a", ""))
    cache.put(("e", ""), Body(b"123"))

    assert set("acde") == {key for key in "abcde" if cache.get((key, ""))}


def test_keys_count():
    """Keys count as well, so a million short answers stay below the limit."""
    cache = AnswerCache(100_000)
    for number in range(2_000):
        cache.put((f'W/"{number:020}"', ""), Body(b"{}"))

    assert cache.bytes_used <= 100_000
    assert sum(cache.get((f'W/"{number:020}"', "")) is not None for number in range(2_000)) < 150


def test_one_giant_does_not_push_out_all_others():
    """An answer larger than a quarter of the cache is not stored."""
    cache = AnswerCache(10_000)
    cache.put(ONE, Body(b"123"))
    cache.put(("giant", ""), Body(b"1" * 3_000))

    assert (Body(b"123"), None) == (cache.get(ONE), cache.get(("giant", "")))


def test_without_room_nothing_is_stored():
    """A cache of 0 bytes is disabled."""
    cache = AnswerCache(0)
    cache.put(ONE, Body(b""))

    assert cache.get(ONE) is None


def test_headers_name_the_coding():
    """Headers name the coding, and Vary contains it in addition to other fields."""
    headers = {"ETag": "x", "Vary": "Accept"}

    assert headers == Body(b"").headers(headers)
    assert {**headers, "Content-Encoding": "gzip", "Vary": "Accept, Accept-Encoding"} == Body(b"", "gzip").headers(
        headers
    )
