"""Databases with summaries, created once, and clients of servers over them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web import client, summaries
from tests.web.server import serving


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory):
    return summaries.sqlite(tmp_path_factory.mktemp("summaries"))


@pytest.fixture(scope="session")
def mariadb_url(mariadb):
    return summaries.fill(mariadb.url())


@pytest.fixture(scope="session", params=["sqlite", "mariadb"])
def summary_url(request):
    """The URL of a database, of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def web(sqlite_app):
    """A client of a server over the SQLite file."""
    async with client.over(sqlite_app) as asking:
        yield asking


@pytest.fixture(scope="session")
def server_url(sqlite_url):
    """A real server over the SQLite file."""
    with serving(client.create_app(sqlite_url, "/nowhere")) as url:
        yield url


@pytest.fixture(scope="session")
def model(sqlite_url):
    """A read model of the SQLite file."""
    return client.read_models(sqlite_url).current


@pytest.fixture(scope="session")
def sqlite_app(sqlite_url):
    """A server over the SQLite file, used without a socket."""
    return client.create_app(sqlite_url, "/nowhere")


# Their tests take seconds of a processor: all routes of the old API, whole answers compared, fuzzing, large pages,
# many read models.
SLOW = (
    *("legacy/test_answers.py", "legacy/test_routes.py", "test_fuzz.py", "pages/test_weight.py", "test_admission.py"),
    *("read_model/test_build.py", "read_model/test_refresh.py", "test_sums.py"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark these tests as not part of `make test-fast`."""
    slow = {Path(__file__).parent / name for name in SLOW}
    for item in items:
        if item.path in slow:
            item.add_marker("slow")
