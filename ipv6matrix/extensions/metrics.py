"""
Serves the metrics of a crawl to Prometheus over HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final, Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from ipv6matrix.extensions.prometheus import CrawlCollector
from ipv6matrix.refusals import StartRefusedError

logger = logging.getLogger(__name__)

# Only processes of this machine can read the metrics.
_HOST: Final = "127.0.0.1"


class Metrics:
    """Serves METRICS_PORT in its own thread, from before the first request until the database is closed."""

    def __init__(self, crawler: Crawler, port: int) -> None:
        self._port = port
        # Not the library's default registry, which the whole process shares.
        self._registry = CollectorRegistry()
        self._registry.register(CrawlCollector(crawler))
        ProcessCollector(registry=self._registry)
        self._running: tuple[WSGIServer, threading.Thread] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        port = crawler.settings.getint("METRICS_PORT")
        if not port:
            raise NotConfigured
        extension = cls(crawler, port)
        crawler.signals.connect(extension.spider_opened, signal=signals.spider_opened)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def spider_opened(self) -> None:
        """Open the port; raises StartRefusedError if it is in use or not permitted."""
        try:
            self._running = start_http_server(self._port, _HOST, self._registry)
        except OSError as error:
            message = (
                f"Cannot listen on {_HOST} port {self._port} for METRICS_PORT ({error.strerror}):"
                " stop the program that uses it, choose another port with -s METRICS_PORT=, or disable metrics with 0"
                " [PORT_NOT_AVAILABLE]"
            )
            logger.error(message)  # noqa: TRY400 - the message is complete without a traceback
            raise StartRefusedError(message) from error
        logger.info("Metrics: http://%s:%d/metrics", _HOST, self._port)

    async def engine_stopped(self) -> None:
        if self._running is not None:
            # The server checks only twice a second whether it should stop.
            await asyncio.to_thread(self._stop, *self._running)
            self._running = None

    @staticmethod
    def _stop(server: WSGIServer, thread: threading.Thread) -> None:
        server.shutdown()
        server.server_close()
        thread.join()
