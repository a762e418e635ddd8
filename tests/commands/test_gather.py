"""The command `scrapy gather`."""

from __future__ import annotations

import pytest

from tests import typed
from tests.postgres import Postgres

pytestmark = pytest.mark.crawl


def test_a_database_without_a_crawl_is_reported(postgres: Postgres):
    """The exit status is that of an invalid argument."""
    process = typed.run("gather", postgres.url())

    assert 2 == process.returncode
    assert "[STORE_EMPTY]" in process.stderr


def test_the_database_must_be_named():
    """There is no default."""
    process = typed.run("gather")

    assert 2 == process.returncode
    assert "[ARGUMENT_MISSING]" in process.stderr + process.stdout
