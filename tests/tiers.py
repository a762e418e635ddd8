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
from xdist.workermanage import WorkerController

FIXTURES: Final = {
    "finished": "crawl",
    "crawled": "crawl",
    "mariadb": "database",
    "postgres": "database",
    "browser": "browser",
}
# The place of a file in the order, by a marker or a fixture of its tests; of several, the first one here counts.
# Files that mostly wait come first, and those that need a processor last. Short ones are in the middle, so that no
# worker ends alone with a long one.
PLACES: Final = {"browser": 3, "crawl": 0, "database": 2, "internet": 0, "slow": 0}
SHORT: Final = 1
# What is started first: a user of the crawl that others wait for, and what takes more than a minute.
FIRST: Final = (
    "commands/test_import.py",
    "docs/test_examples.py",
    "cluster/test_workers_crawl.py",
    "extensions/test_processes.py",
    "probes/test_trace_strangers.py",
    "test_health_crawl.py",
    "test_kill.py",
    "test_scrapyd.py",
    "test_starts.py",
    "test_stops.py",
    "truth",
)


def implied(fixtures: Iterable[str], parameters: Mapping[str, object]) -> set[str]:
    """Return the markers of a test that uses these fixtures, by name or, as `getfixturevalue` does, by parameter."""
    names = {*fixtures, *(value for value in parameters.values() if isinstance(value, str))}
    return {tier for fixture, tier in FIXTURES.items() if fixture in names}


def place(needs: Iterable[str]) -> int:
    """Return the place of a file in the order, by the markers and fixtures of its tests."""
    return next((number for need, number in PLACES.items() if need in needs), SHORT)


# Folders whose files share something costly, so that one worker runs all of them.
TOGETHER: Final = ("tests/truth",)


class ByFile(LoadFileScheduling):
    """
    Assigns a worker one file at a time, or a whole folder of TOGETHER.

    The first worker begins at the end of the order: what needs a processor is done while the others wait.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folder = file.rpartition("/")[0]
        return folder if folder in TOGETHER else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node is self.nodes[0]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Return the scheduler for `--dist loadfile`."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Add the implied markers, before `-m` selects by them, and sort the files.

    In a file, the tests with a browser are last: no asynchronous test can run while Playwright does.
    """
    files: dict[Path, set[str]] = {}
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        for tier in sorted(implied(getattr(item, "fixturenames", ()), parameters)):
            item.add_marker(tier)
        needs = files.setdefault(item.path, set())
        needs.update(getattr(item, "fixturenames", ()), (mark.name for mark in item.iter_markers()))
    # By their names without the folder, so that long and short ones alternate.
    order = {path: (place(needs), 0, path.name, str(path)) for path, needs in files.items()}
    for number, name in enumerate(FIRST):
        order |= {path: (-1, number, "", "") for path in files if path.is_relative_to(Path(__file__).parent / name)}
    items.sort(key=lambda item: (order[item.path], item.get_closest_marker("browser") is not None))
