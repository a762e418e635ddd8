"""The tests run at the vantage point of a simulated Internet; none can reach the real one."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator

import pytest

pytest_plugins = [
    "simnet.fixtures",
    "tests.clock",
    "tests.opened",
    "tests.finished",
    "tests.mariadb",
    "tests.postgres",
    "tests.reference.site",
    "tests.tiers",
]


def pytest_configure() -> None:
    """Let programs be interrupted, even if the tests were started with `&`: ignored signals are inherited."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Suspend the garbage collector: it would take a third of the time, and all these objects stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
