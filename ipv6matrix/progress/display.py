"""
A status page at the bottom of a terminal, below the lines of the log.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TYPE_CHECKING, TextIO

from scrapy.settings import BaseSettings

if TYPE_CHECKING:
    from rich.console import RenderableType


class Display:
    """Draws on request, and lets log lines scroll by above the page."""

    def __init__(self) -> None:
        # Imported late, as below: most crawls have no terminal.
        from rich.console import Console  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415

        self._live = Live(console=Console(stderr=True), auto_refresh=False)
        self._moved: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []

    def start(self) -> None:
        before = sys.stderr
        self._live.start()
        # Handlers created earlier would write into the page.
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is before:
                self._moved.append((handler, before))
                handler.setStream(sys.stderr)

    def draw(self, page: RenderableType) -> None:
        # The terminal may have gone; a signal of its own stops the crawl.
        with contextlib.suppress(OSError):
            self._live.update(page, refresh=True)

    def stop(self) -> None:
        """Leave the page as it was last drawn."""
        for handler, stream in self._moved:
            handler.setStream(stream)
        self._moved = []
        with contextlib.suppress(OSError):
            self._live.stop()


def is_wanted(settings: BaseSettings) -> bool:
    """Return whether a person may be watching: a terminal that can be drawn on, no log file, no scrapyd."""
    if settings.get("LOG_FILE") or {"SCRAPYD_JOB", "SCRAPY_JOB"} & os.environ.keys():
        return False
    if not sys.stderr.isatty():
        return False
    from rich.console import Console  # noqa: PLC0415

    return not Console(stderr=True).is_dumb_terminal
