"""
The log of a crawl: what Scrapy writes to it, and whether it is writable.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from scrapy.logformatter import LogFormatter
from scrapy.utils.log import get_scrapy_root_handler


class QuietLogFormatter(LogFormatter):
    """Suppresses messages about requests and items: a crawl has millions; formatting them costs more than probing."""

    def crawled(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        return None

    def scraped(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        return None


def problem(path: str) -> str | None:
    """Return why a log file cannot be written, or None. The check appends an empty line to the file."""
    try:
        # Do not block on a pipe without a reader.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK, 0o666)
        try:
            os.write(descriptor, b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        return error.strerror
    return None


class LogWatch:
    """Counts the records that could not be written to the log, and reports the first failure on standard error."""

    def __init__(self) -> None:
        self.lost = 0

    def begin(self) -> None:
        """Watch the handler that Scrapy has installed; Scrapy installs a new one for each crawl."""
        handler = get_scrapy_root_handler()
        if handler is not None:
            handler.handleError = self._note  # type: ignore[method-assign]

    def _note(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        if not isinstance(error, OSError):
            logging.Handler().handleError(record)
            return
        self.lost += 1
        if self.lost == 1:
            print(  # noqa: T201 - the log itself is not writable
                f"The log cannot be written ({error.strerror}): make room, or name another file with -s LOG_FILE=;"
                " the crawl goes on",
                file=sys.stderr,
            )
