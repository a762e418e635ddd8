"""
The exception that stops a crawl that cannot start.
"""

from __future__ import annotations

from scrapy.exceptions import CloseSpider


class StartRefusedError(CloseSpider):
    """
    The crawl cannot start; `message` states the problem and the fix.

    Raised while a crawl opens. Scrapy then closes it with the reason
    `start_refused`, and the command exits with status 1.
    """

    def __init__(self, message: str) -> None:
        super().__init__(reason="start_refused")
        self.message = message
