"""
What one process of a shared crawl has sent and got, and when: the setting ADDONS adds it to the processes of a run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from ipv6matrix.items import Answered
from ipv6matrix.signals import request_returned

_ADDON: Final = "tools.many.journal.Addon"
_FILE: Final = "journal"


class Kind(StrEnum):
    """What happened to a request."""

    SENT = "sent"
    RETURNED = "returned"
    "Its answer was doubtful, so it is sent again."
    ANSWERED = "answered"


class Entry(NamedTuple):
    """One event of one request."""

    at: float
    kind: Kind
    url: str


class Journal:
    """Writes each event at once, so that a killed process leaves all of them."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", buffering=1)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        journal = cls(Path(crawler.settings["JOBDIR"]).parent / _FILE)
        crawler.signals.connect(journal.sent, signal=signals.request_reached_downloader)
        crawler.signals.connect(journal.returned, signal=request_returned)
        crawler.signals.connect(journal.answered, signal=signals.item_scraped)
        return journal

    def sent(self, request: Request) -> None:
        self._write(Kind.SENT, request.url)

    def returned(self, request: Request) -> None:
        self._write(Kind.RETURNED, request.url)

    def answered(self, item: Answered) -> None:
        self._write(Kind.ANSWERED, item.url)

    def _write(self, kind: Kind, url: str) -> None:
        self._stream.write(f"{time.time():.6f} {kind} {url}\n")


class Addon:
    """Adds the journal to a process."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        settings.setdefault_in_component_priority_dict("EXTENSIONS", Journal, 900)


def addons(others: object) -> str:
    """Return the value of the setting ADDONS that adds the journal to others."""
    return json.dumps({**json.loads(str(others or "{}")), _ADDON: 1})


def read(folder: Path) -> Iterator[Entry]:
    """Yield the entries of the process of a folder, without one that a kill has cut off."""
    path = folder / _FILE
    for line in path.read_text().splitlines(keepends=True) if path.exists() else ():
        at, kind, url = line.split(maxsplit=2)
        if url.endswith("\n"):
            yield Entry(float(at), Kind(kind), url.rstrip("\n"))
