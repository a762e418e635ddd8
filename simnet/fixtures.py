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
from simnet.enlarged import enlarged
from simnet.internet import Internet, running
from simnet.namespaces import InternetUnavailable


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--domains", type=int, default=0, help="how many domains to add to the showcase")
    parser.addoption("--seed", type=int, default=0, help="by which their hosts are drawn")


def pytest_configure() -> None:
    """Leave the real network before any thread starts; if that is forbidden, the tests that need it report it."""
    with contextlib.suppress(InternetUnavailable):
        namespaces.enter()


@pytest.fixture(scope="session")
def internet(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """
    The showcase, enlarged by the options, running and recording.

    There is one for all tests of a session, under whichever name they import it.
    """
    if (already := running()) is not None:
        yield already
        return
    count, seed = pytestconfig.getoption("--domains"), pytestconfig.getoption("--seed")
    with Internet(enlarged(count, seed), tmp_path_factory.mktemp("internet")) as started:
        yield started
