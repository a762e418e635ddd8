"""
Databases that a test opens for reading and need not close itself: they are closed when it ends.

An open one is a warning from Python 3.13 on, and warnings are errors. Databases that the package opens are not
listed here, so that one it forgets to close still fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store

_stores: list[Store] = []


def read(path: Path, stopped: Callable[[], bool] | None = None) -> Store:
    """Open a database for reading, until the end of the test."""
    store = Store.read(path, stopped)
    _stores.append(store)
    return store


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _stores:
        # Closing twice is allowed here, unlike for a Store, which commits.
        _stores.pop()._connection.close()
