"""
The limit of open files, and how many requests fit within it.
"""

from __future__ import annotations

import logging
import resource
from typing import Final

logger = logging.getLogger(__name__)

# Always open: the database, logs, shared sockets, pipes of mtr-packet.
_OTHERS: Final = 100


def open_files() -> int:
    """Raise the limit of open files as far as permitted, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def fit(room: int, files_each: int, limit: int) -> int:
    """
    Return how many requests of a slot fit, if each opens `files_each` files.

    Logs a warning with the fix if that is fewer than needed.
    """
    fits = max((limit - _OTHERS) // max(files_each, 1), 1)
    if fits < room:
        logger.warning(
            "Only %s of TCP_CONCURRENCY=%s fit the limit of %s open files: raise it with ulimit -n [OPEN_FILES_LOW]",
            fits,
            room,
            limit,
        )
    return min(room, fits)
