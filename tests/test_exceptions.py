"""Errors that end in a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.typed import ROOT

pytestmark = pytest.mark.crawl


def test_who_only_reads_summaries_does_not_load_scrapy():
    """
    A website knows the errors of its database without the crawler and its memory.
    """
    code = "import sys, ipv6matrix.exceptions, ipv6matrix.summaries.database; print('scrapy' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "False\n" == ended.stdout
