"""
The simulated Internet for tests: `from simnet.fixtures import internet`, or as a pytest plugin.

As a plugin (`pytest_plugins = ["simnet.fixtures"]`) it takes pytest
itself, and whatever pytest starts, off the real network before the first test.
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
    """Leave the real network while no thread runs; if that is forbidden, the tests that need it will say so."""
    with contextlib.suppress(InternetUnavailable):
        namespaces.enter()


@pytest.fixture(scope="session")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """The showcase, running and recording: one for all tests of a session, by whichever name they import it."""
    if (already := running()) is not None:
        yield already
        return
    with Internet(showcase(), tmp_path_factory.mktemp("internet")) as started:
        yield started
