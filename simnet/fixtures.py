"""
The simulated Internet for tests: `from simnet.fixtures import internet`, or as a pytest plugin.

As a plugin (`pytest_plugins = ["simnet.fixtures"]`), it moves pytest and all
its children off the real network before the first test.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from simnet import namespaces
from simnet.internet import Internet, running
from simnet.namespaces import InternetUnavailable
from simnet.showcase import showcase


def pytest_configure() -> None:
    """Leave the real network before any thread starts; if that is forbidden, the tests that need it report it."""
    with contextlib.suppress(InternetUnavailable):
        namespaces.enter()


@pytest.fixture(scope="session")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """The showcase, running and recording: one for all tests of a session, under whichever name they import it."""
    if (already := running()) is not None:
        yield already
        return
    with Internet(showcase(), tmp_path_factory.mktemp("internet")) as started:
        yield started
