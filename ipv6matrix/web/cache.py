"""
A cache of whole answers, bounded in bytes: keys and bookkeeping count as well as bodies.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from cachetools import LRUCache

CACHE_BYTES: Final = 64_000_000
# Share of the whole, so that one large answer does not evict all others.
_LARGEST: Final = 0.25
# Bytes of an entry besides key and body: objects, links and buckets.
_OVERHEAD: Final = 600

Key = tuple[str, str]
"Entity tag and content coding."


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it is sent."""

    content: bytes
    coding: str = ""
    "gzip, or nothing."

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with those of the coding."""
        if not self.coding:
            return dict(headers)
        vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
        return {**headers, "Content-Encoding": self.coding, "Vary": vary}


class AnswerCache:
    """The answers that were requested last; for many threads."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        # What `getsizeof` is called with is a value, so a value holds the size of its entry.
        self._entries: LRUCache[Key, tuple[Body, int]] = LRUCache(limit_bytes, getsizeof=itemgetter(1))
        self._lock = threading.Lock()

    def get(self, key: Key) -> Body | None:
        """Return an answer, or None."""
        with self._lock:
            entry = self._entries.get(key)
        return entry[0] if entry else None

    def put(self, key: Key, body: Body) -> None:
        """Store an answer; one that is too large is not stored."""
        cost = size(key, body)
        if cost <= self._limit * _LARGEST:
            with self._lock:
                self._entries[key] = body, cost

    @property
    def bytes_used(self) -> int:
        """Bytes of all entries."""
        return int(self._entries.currsize)


def size(key: Key, body: Body) -> int:
    """Return the bytes that an entry takes."""
    return len(body.content) + sum(map(sys.getsizeof, key)) + _OVERHEAD
