"""Empty databases of each kind."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from ipv6matrix.summaries.database import Database


@pytest.fixture(params=["sqlite", "mariadb"])
def new_url(request, tmp_path):
    """Return a function that returns the URL of a new, empty database."""
    if request.param == "mariadb":
        return request.getfixturevalue("mariadb").url
    numbers = count()
    return lambda: f"sqlite:///{tmp_path / 'folder' / f'matrix{next(numbers)}.db'}"


@pytest.fixture
def new_database(new_url):
    """Return a function that returns a new, empty database."""
    opened = []

    def new():
        opened.append(Database(new_url()))
        return opened[-1]

    yield new
    for database in opened:
        database.__exit__(None, None, None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests that kill processes repeatedly as not part of `make test-fast`."""
    for item in items:
        if item.path.parent == Path(__file__).parent and "kill" in item.name:
            item.add_marker("slow")
