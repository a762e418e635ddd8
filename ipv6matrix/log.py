"""
What Scrapy writes to the log of a crawl.
"""

from __future__ import annotations

from typing import Any

from scrapy.logformatter import LogFormatter


class QuietLogFormatter(LogFormatter):
    """Omits requests and items: a crawl has millions, and formatting them costs more than probing."""

    def crawled(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        return None
