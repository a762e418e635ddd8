"""Exceptions that close the spider with an error message."""

from __future__ import annotations

from scrapy.exceptions import CloseSpider

from ipv6matrix.refusals import StartRefusedError


def test_a_rejected_start_closes_the_spider_with_its_reason():
    """Scrapy gets a close reason, the operator an error message."""
    error = StartRefusedError("the disk is full: make room")

    assert isinstance(error, CloseSpider)
    assert ("start_refused", "the disk is full: make room") == (error.reason, error.message)
