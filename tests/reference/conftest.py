"""A web server on loopback for each test."""

from __future__ import annotations

import pytest

from tests.reference import site as sites


@pytest.fixture
def site():
    with sites.running() as one:
        yield one
