"""A Chromium for all tests of a module that need a browser."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.web.pages.visit import visit


@pytest.fixture(scope="module")
def browser():
    """Run until the end of a module: the next one may have asynchronous tests."""
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as started,
    ):
        yield started


@pytest.fixture
def page(browser, server_url):
    """A page that must log no errors and send no requests to other hosts."""
    with visit(browser, server_url) as visited:
        yield visited.page
        assert [] == visited.faults
