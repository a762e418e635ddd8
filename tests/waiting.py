"""What tests of whole programs wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
# For ever, to a busy machine too; what comes is seen at once.
WITHIN_S = 120.0


def until(condition: Callable[[], _T], within_s: float = WITHIN_S) -> _T:
    """Give what comes true, asked again and again, with a deadline."""
    give_up_at = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)
    return found
