"""
http:// and https://: Scrapy's own handler, for pages that an add-on downloads.
"""

from __future__ import annotations

from scrapy.core.downloader.handlers import DownloadHandlerProtocol
from scrapy.crawler import Crawler
from scrapy.utils.misc import build_from_crawler


class HttpDownloadHandler:
    """
    Becomes Scrapy's handler with the first request.

    Scrapy imports the class of each handler at the start, also of those that it creates later, and the
    modules of this one take a tenth of the CPU time of a start.
    """

    lazy = True

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DownloadHandlerProtocol:
        from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler  # noqa: PLC0415

        return build_from_crawler(HTTP11DownloadHandler, crawler)
