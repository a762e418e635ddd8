"""
The tiers of the suite: markers for what a test needs besides this process.

`make test-fast` runs the tests without a marker. Fixtures imply theirs, so that no test that uses them can lack it;
modules that run commands or servers themselves set `pytestmark`, which tests/test_tiers.py checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

FIXTURES: Final = {
    "finished": "crawl",
    "crawled": "crawl",
    "mariadb": "database",
    "postgres": "database",
    "browser": "browser",
}
# In which order workers take the files: a browser last, since no asynchronous test can run in a process after
# Playwright has started its event loop; the longest first, so that no worker ends alone with one of them.
ORDER: Final = ("browser", "crawl", "database", "slow")


def implied(fixtures: Iterable[str], parameters: Mapping[str, object]) -> set[str]:
    """Return the markers of a test that uses these fixtures, by name or, as `getfixturevalue` does, by parameter."""
    names = {*fixtures, *(value for value in parameters.values() if isinstance(value, str))}
    return {tier for fixture, tier in FIXTURES.items() if fixture in names}


def place(tiers: Iterable[str]) -> int:
    """Return when a file, or a test of it, is run: the lower, the sooner."""
    first = next((tier for tier in ORDER if tier in tiers), None)
    return {"crawl": 0, "database": 1, "slow": 2, None: 3, "browser": 4}[first]


# Folders whose files share something costly, so that one worker runs all of them.
TOGETHER: Final = ("tests/truth",)


class ByFile(LoadFileScheduling):
    """Assigns a worker one file at a time, or a whole folder of TOGETHER."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return folder if folder in TOGETHER else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Return the scheduler for `--dist loadfile`."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the implied markers, before `-m` selects by them, and sort the files."""
    files: dict[Path, set[str]] = {}
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        for tier in sorted(implied(getattr(item, "fixturenames", ()), parameters)):
            item.add_marker(tier)
        files.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())
    items.sort(key=lambda item: (place(files[item.path]), item.get_closest_marker("browser") is not None))
