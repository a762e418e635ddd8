"""
The parts of the address of a view.
"""

from __future__ import annotations

import datetime as dt

import pytest

from ipv6matrix.web.pages import addresses
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.problems import NotFoundError

DATES = (dt.date(2022, 7, 20), dt.date(2023, 1, 5))


@pytest.mark.parametrize("texts", [["com,de"], ["com", "de"], [".COM, de"], ["com,de,com"], ["com,,de,"]], ids=str)
def test_tlds_are_a_list_however_they_are_written(texts):
    """TLDs may be separated by commas or given one by one, with or without dots; each counts once."""
    assert ("com", "de") == addresses.tlds(texts)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["MX", "www"], ("WWW", "MX")),
        (["NS,MX"], ("MX", "NS")),
        ([], ()),
        (["WWW,MX,NS,NTP"], ()),
    ],
    ids=str,
)
def test_all_types_are_no_filter_and_so_is_none(texts, words):
    """All types and no types filter nothing; some types are sorted."""
    assert words == addresses.kinds("type", texts)


def test_too_many_tlds_are_told():
    """The error for too many TLDs states the maximum."""
    with pytest.raises(BadStateError, match=r"^tld has too many: give at most 20$"):
        addresses.tlds([",".join(f"t{number}" for number in range(21))])


def test_a_date_is_that_of_a_crawl():
    """An empty date is the last crawl; the error for another date names the parameter."""
    assert list(DATES[::-1]) == [addresses.date(text, DATES) for text in (None, "2022-07-20")]
    with pytest.raises(BadStateError, match=r"^from is no date"):
        addresses.date("x", DATES, "from")
    with pytest.raises(NotFoundError, match=r"^There is no crawl yet"):
        addresses.date(None, ())
