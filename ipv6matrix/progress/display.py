"""
A page that stays at the foot of a terminal, below the lines of the log.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from scrapy.settings import BaseSettings


class Display:
    """Draws only when told to, and lets what is logged meanwhile scroll by above."""

    def __init__(self) -> None:
        self._live = Live(console=Console(stderr=True), auto_refresh=False)
        self._moved: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []

    def start(self) -> None:
        before = sys.stderr
        self._live.start()
        # Handlers that were made earlier would write into the page.
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is before:
                self._moved.append((handler, before))
                handler.setStream(sys.stderr)

    def draw(self, page: RenderableType) -> None:
        # A terminal may go away; the crawl is told by a signal of its own.
        with contextlib.suppress(OSError):
            self._live.update(page, refresh=True)

    def stop(self) -> None:
        """Leave the page as it was drawn last."""
        for handler, stream in self._moved:
            handler.setStream(stream)
        self._moved = []
        with contextlib.suppress(OSError):
            self._live.stop()


def is_wanted(settings: BaseSettings) -> bool:
    """Tell whether somebody looks: a terminal that can be drawn on, no log file, no scrapyd that started this."""
    if settings.get("LOG_FILE") or {"SCRAPYD_JOB", "SCRAPY_JOB"} & os.environ.keys():
        return False
    return sys.stderr.isatty() and not Console(stderr=True).is_dumb_terminal
