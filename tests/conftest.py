"""The tests run at the vantage point of a simulated Internet; none can reach the real one."""

from __future__ import annotations

import signal

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
