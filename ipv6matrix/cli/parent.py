"""
A crawl that another process has started, and that ends with it.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Final

_MARK: Final = "IPV6MATRIX_HAS_PARENT"


def environment() -> dict[str, str]:
    """Return the environment for a process whose standard input its parent holds open."""
    return os.environ | {_MARK: "1"}


def stop_when_it_ends() -> None:
    """Treat the end of standard input as a request to stop: it ends with the parent, however that ends."""
    if os.environ.pop(_MARK, ""):
        threading.Thread(target=_watch, name="parent", daemon=True).start()


def _watch() -> None:
    # Not sys.stdin, whose lock the interpreter needs to exit.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
