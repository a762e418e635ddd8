"""A database to write to."""

from __future__ import annotations

import pytest

from ipv6matrix.store.database import Store


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "ips.db")
    yield opened
    opened.close()
