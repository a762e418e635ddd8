"""Clients of servers over both kinds of databases."""

from __future__ import annotations

import pytest

from tests.web import client


@pytest.fixture(scope="module")
def app(summary_url):
    """A server over a database, of each kind in turn."""
    return client.create_app(summary_url, "/nowhere")


@pytest.fixture
async def both(app):
    """A client of that server."""
    async with client.over(app) as asking:
        yield asking
