"""Waiting, for tests of whole programs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
# Generous even for a busy machine; conditions are seen immediately.
WITHIN_S = 120.0


def until(condition: Callable[[], _T], within_s: float = WITHIN_S) -> _T:
    """Return the first true result of a function that is called repeatedly, with a deadline."""
    give_up_at = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)
    return value
