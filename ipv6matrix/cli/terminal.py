"""
The terminal in which a command runs a crawl.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable


def stop_when_it_closes() -> None:
    """Treat SIGHUP as a request to stop, unless `nohup` has set it to be ignored."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    # Check now: isatty is false for a terminal that has closed.
    terminals = [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]

    def hang_up(*_: object) -> None:
        _detach(terminals)
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGHUP, hang_up)


def _detach(terminals: Iterable[int]) -> None:
    """Replace closed terminals by /dev/null: output that cannot be flushed would make Python exit with status 120."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in terminals:
        os.dup2(null, descriptor)
    os.close(null)
