"""The metrics of a crawl over HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
import urllib.error
import urllib.request

import pytest
from scrapy import signals

from ipv6matrix.extensions.metrics import Metrics
from ipv6matrix.refusals import StartRefusedError
from tests.crawlers import store
from tests.extensions.test_prometheus import whole


@pytest.fixture
def port():
    """A port without a listener."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def read(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()


async def stop(crawler):
    await crawler.signals.send_catch_log_async(signals.engine_stopped)


async def test_metrics_are_served_until_the_end(tmp_path, port):
    """
    Any local process can read them while the spider is open; afterwards the port is closed, and no thread is left.
    """
    with whole(tmp_path, METRICS_PORT=port) as crawler:
        store(crawler).add_request("ping://192.0.2.1")
        crawler.get_extension(Metrics).spider_opened()
        text = await asyncio.to_thread(read, port)
        await stop(crawler)

        with pytest.raises(urllib.error.URLError, match="refused"):
            read(port)

    assert 'ipv6matrix_questions_pending{slot="ping"} 1.0' in text
    assert "process_resident_memory_bytes" in text
    assert [] == [thread for thread in threading.enumerate() if "serve_forever" in thread.name]


async def test_two_crawls_in_one_process_have_separate_metrics(tmp_path, port):
    """No registry is shared: the counts of one crawl do not appear in the other."""
    with whole(tmp_path / "a", METRICS_PORT=port) as first, whole(tmp_path / "b", METRICS_PORT=port) as second:
        store(first).add_request("ping://192.0.2.1")
        second.get_extension(Metrics).spider_opened()
        text = await asyncio.to_thread(read, port)
        await stop(second)
        await stop(first)

    assert 'ipv6matrix_questions_pending{slot="ping"} 0.0' in text


async def test_without_a_port_nothing_is_served(tmp_path):
    """METRICS_PORT=0, the default, disables the extension."""
    with whole(tmp_path) as crawler:
        assert None is crawler.get_extension(Metrics)


async def test_a_port_in_use_prevents_the_start(tmp_path, port):
    """The error names the port and the fix."""
    with socket.create_server(("127.0.0.1", port)), whole(tmp_path, METRICS_PORT=port) as crawler:
        with pytest.raises(StartRefusedError) as raised:
            crawler.get_extension(Metrics).spider_opened()
        await stop(crawler)

    assert f"127.0.0.1 port {port} for METRICS_PORT (Address already in use)" in raised.value.message
    assert "PORT_NOT_AVAILABLE" in raised.value.message
