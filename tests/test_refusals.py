"""Errors that end in a sentence."""

from __future__ import annotations

from scrapy.exceptions import CloseSpider

from ipv6matrix.refusals import StartRefusedError


def test_a_refused_start_closes_the_spider_with_its_reason():
    """
    Scrapy sees a reason to close, the operator a sentence.
    """
    error = StartRefusedError("the disk is full: make room")

    assert isinstance(error, CloseSpider)
    assert ("start_refused", "the disk is full: make room") == (error.reason, error.message)
