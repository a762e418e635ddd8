"""
Answers that are kept in memory, for as long as there is room: the last ones that were asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from ipv6matrix.web.codings import Coded

MOST_BYTES: Final = 64_000_000
# Of the whole, so that one large answer does not push all others out.
_LARGEST: Final = 0.25
_NOTHING: Final = Coded(b"")


class KeptAnswers:
    """Bodies by key, within a limit; for many threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._bodies: OrderedDict[Hashable, Coded] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Coded | None:
        """Give what is kept; None when it is not, or not any more."""
        with self._lock:
            body = self._bodies.get(key)
            if body is not None:
                self._bodies.move_to_end(key)
            return body

    def put(self, key: Hashable, body: Coded) -> None:
        """Keep something, in place of what was asked for longest ago; what is too large is not kept."""
        if len(body.octets) > self._most * _LARGEST:
            return
        with self._lock:
            self._bytes += len(body.octets) - len(self._bodies.pop(key, _NOTHING).octets)
            self._bodies[key] = body
            while self._bytes > self._most:
                _, oldest = self._bodies.popitem(last=False)
                self._bytes -= len(oldest.octets)
