"""HTTP requests pass our middlewares unchanged: lists are fetched over HTTP."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import build_from_crawler, load_object

from tests import crawlers


async def test_our_middlewares_ignore_http(tmp_path):
    """No middleware answers, changes or fails on an HTTP request."""
    request = Request("http://www.example.com/list.csv")
    with crawlers.opened(tmp_path) as crawler:
        for path in build_component_list(
            crawler.settings.get_component_priority_dict_with_base("DOWNLOADER_MIDDLEWARES")
        ):
            middleware = build_from_crawler(load_object(path), crawler)
            if hasattr(middleware, "process_request"):
                assert middleware.process_request(request) is None, path
        assert crawlers.scheduler(crawler).enqueue_request(request) is False

    assert {"pace"} >= set(request.meta)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http_has_scrapys_own_handlers(tmp_path, monkeypatch, scheme):
    """The handler that the first request of a scheme creates is that of Scrapy."""
    # It would need Twisted's reactor.
    monkeypatch.setattr(HTTP11DownloadHandler, "__init__", lambda *_: None)
    crawler = crawlers.crawler(tmp_path)
    named = load_object(crawler.settings.getwithbase("DOWNLOAD_HANDLERS")[scheme])

    assert named.lazy
    assert isinstance(build_from_crawler(named, crawler), HTTP11DownloadHandler)
