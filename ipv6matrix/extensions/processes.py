"""
Runs the other processes of a crawl that uses several cores of one machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.asyncio import AsyncioLoopingCall

from ipv6matrix import context
from ipv6matrix.cli.parent import environment
from ipv6matrix.signals import crawl_stopping

logger = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 1.0
_POLL_S: Final = 0.1


class Processes:
    """
    Starts PROCESSES - 1 processes with the same command, each in a folder below JOBDIR, and ends with the last of them.

    They share the crawl through STORE_URL like processes on other machines, log warnings and errors
    only, and stop when this process does, even if it is killed (`cli.parent`).
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ended: set[int] = set()
        self._looking = AsyncioLoopingCall(self._look)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings.getint("PROCESSES") < 2:
            raise NotConfigured
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.crawl_stopping, signal=crawl_stopping)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        """Start the other processes, after preflight: an error that all would have is reported once."""
        if self._context.job.refused:
            return
        for number in range(2, self._crawler.settings.getint("PROCESSES") + 1):
            self._processes.append(self._started(number))
        self._looking.start(_LOOK_EVERY_S, now=False)

    def crawl_stopping(self) -> None:
        """Stop the others, unless the crawl has ended: then they stop by themselves."""
        if self._has_ended:
            return
        for process in self._processes:
            if process.pid not in self._ended and process.poll() is None:
                self._ended.add(process.pid)
                process.send_signal(signal.SIGTERM)

    async def spider_closed(self) -> None:
        """Wait for the others."""
        if self._looking.running:
            self._looking.stop()
        # Sent only to crawls that stop slowly.
        self.crawl_stopping()
        while any(process.poll() is None for process in self._processes):  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(_POLL_S)
        self._look()

    @property
    def _has_ended(self) -> bool:
        worker = self._context.worker
        return worker is not None and worker.frontier.has_ended

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in a terminal reaches this process, which stops the others once.
        process = subprocess.Popen(  # noqa: S603 - the command of this process
            [sys.executable, *sys.orig_argv[1:], *options(self._crawler.settings, number)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        threading.Thread(target=_relay, args=(process,), name=f"process {number}", daemon=True).start()
        logger.info("Started process %d of %d (%d)", number, self._crawler.settings.getint("PROCESSES"), process.pid)
        return process

    def _look(self) -> None:
        """Report processes that failed; the others take over their share."""
        for process in self._processes:
            status = process.poll()
            if status and process.pid not in self._ended:
                self._ended.add(process.pid)
                logger.warning("Process %d has ended with status %d: others take over its share", process.pid, status)


def options(settings: BaseSettings, number: int) -> list[str]:
    """Return the options in which the command of process `number`, from 2, differs from that of the first."""
    port = settings.getint("METRICS_PORT")
    changes = {
        "PROCESSES": 1,
        "JOBDIR": Path(settings.get("JOBDIR")) / f"process-{number}",
        "METRICS_PORT": port + number - 1 if port else 0,
        "PROBE_RATE": settings.get("PROBE_RATE"),
        "QUERY_RATE": settings.get("QUERY_RATE"),
        "LOG_LEVEL": _level(settings.get("LOG_LEVEL")),
        "LOG_FILE_APPEND": True,
    }
    return [word for name, value in changes.items() for word in ("-s", f"{name}={value}")]


def _level(level: str) -> str:
    """Return the log level of the other processes: progress and statistics are reported once."""
    return "WARNING" if level == "INFO" else level


def _relay(process: subprocess.Popen[bytes]) -> None:
    """Write the log of a process to that of this one, line by line, above its display."""
    assert process.stderr is not None
    for line in process.stderr:
        # A terminal that has closed: read on, or the process would wait.
        with contextlib.suppress(OSError):
            sys.stderr.write(line.decode("utf-8", "replace"))
