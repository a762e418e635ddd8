"""
How many files a crawl may have open, and what that leaves room for.
"""

from __future__ import annotations

import logging
import resource
from typing import Final

logger = logging.getLogger(__name__)

# Open whatever is asked: the database, logs, the sockets all questions share, mtr-packet's pipes.
_OTHERS: Final = 100


def open_files() -> int:
    """Raise the limit of open files as far as this process may, and give it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def fit(room: int, files_each: int, limit: int) -> int:
    """
    Give how many requests of a slot may be in flight when each opens some files.

    Fewer than wished is told in the log, with the mend.
    """
    fits = max((limit - _OTHERS) // max(files_each, 1), 1)
    if fits < room:
        logger.warning(
            "Only %s of TCP_CONCURRENCY=%s fit the limit of %s open files: raise it with ulimit -n", fits, room, limit
        )
    return min(room, fits)
