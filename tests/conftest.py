"""
The tests run at the vantage point of a simulated Internet; none can reach the real one.
"""

from __future__ import annotations

pytest_plugins = ["tests.internet.fixtures", "tests.clock", "tests.finished", "tests.mariadb"]
