"""
Admission control: how many requests of a kind are processed at once, and how many may wait.

Each kind of work has its own lane, so that cheap answers never wait for expensive ones. Requests beyond the queue
are answered 503 at once, with Retry-After (RFC 9110 section 15.6.4).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

RETRY_AFTER_S: Final = 10


class BusyError(Exception):
    """There is more work of this kind than can be done in time."""


class Lane:
    """Room for some requests at once and for some more that wait; for many threads."""

    def __init__(self, at_once: int, waiting: int, patience_s: float) -> None:
        self._free = threading.Semaphore(at_once)
        self._places = threading.Semaphore(at_once + waiting)
        self._patience_s = patience_s

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold a place. Raises BusyError if none becomes free in time."""
        self.take()
        try:
            yield
        finally:
            self.release()

    def take(self) -> None:
        """Take a place, to be given back with `release`. Raises BusyError."""
        if not self._places.acquire(blocking=False):
            raise BusyError("the queue is full")
        if not self._free.acquire(timeout=self._patience_s):
            self._places.release()
            raise BusyError(f"nothing became free in {self._patience_s:g} s")

    def release(self) -> None:
        """Release a place."""
        self._free.release()
        self._places.release()


class Lanes:
    """The lanes of a server. All of them together leave threads of the pool (40) for what needs no lane."""

    def __init__(self) -> None:
        self.quick = Lane(4, 12, 5.0)
        "One domain, a search, lists of a few rows."
        self.pages = Lane(2, 8, 10.0)
        "Pages with tables and charts."
        self.heavy = Lane(2, 6, 10.0)
        "Figures over all crawls."
        self.downloads = Lane(4, 0, 0.0)
        "Whole tables, streamed for as long as the client takes."
