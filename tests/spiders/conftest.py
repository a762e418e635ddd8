"""Spiders."""

from __future__ import annotations

import pytest

from tests.crawlers import crawler
from tests.spiders.parsing import ALL, GUESSES


@pytest.fixture
def spider(tmp_path):
    """A function that builds a spider with settings; those of the tests measure everything and guess three hosts."""

    def build(**settings):
        return crawler(tmp_path, **({"METRICS": ALL} | GUESSES | settings)).spider

    return build
