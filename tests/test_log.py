"""What a crawl logs."""

from __future__ import annotations

from scrapy.exceptions import DropItem

from ipv6matrix import settings
from ipv6matrix.log import QuietLogFormatter
from tests.crawlers import crawler
from tests.samples import domain_item


def test_single_requests_and_items_are_not_logged():
    """
    Nothing is said of what went well.
    """
    formatter = QuietLogFormatter()

    assert formatter.crawled(None, None, None) is None
    assert formatter.scraped(None, None, None) is None


def test_a_dropped_item_is_logged():
    """
    An item that is dropped is a bug, and said.
    """
    logged = QuietLogFormatter().dropped(
        domain_item("a.example"), DropItem("impossible", log_level="ERROR"), None, None
    )

    assert "impossible" in str(logged["msg"] % logged["args"])


def test_the_project_logs_this_way(tmp_path):
    """
    The setting LOG_FORMATTER names this formatter.
    """
    assert isinstance(crawler(tmp_path).logformatter, QuietLogFormatter)
    assert "INFO" == settings.LOG_LEVEL
