"""Exceptions with an error message for the user."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.typed import ROOT

pytestmark = pytest.mark.crawl


def test_readers_of_summaries_do_not_load_scrapy():
    """A website imports the errors of its database without loading the crawler."""
    code = "import sys, ipv6matrix.exceptions, ipv6matrix.summaries.database; print('scrapy' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "False\n" == ended.stdout
