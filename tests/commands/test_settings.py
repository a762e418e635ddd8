"""The command `scrapy settings`."""

from __future__ import annotations

from functools import partial

import pytest

from tests import typed

pytestmark = pytest.mark.crawl

settings = partial(typed.run, "settings")


@pytest.mark.parametrize(
    ("chosen", "value"),
    [
        ((), "200"),
        (("-s", "PROFILE=small"), "50"),
        (("-s", "PROFILE=small", "-s", "DNS_CONCURRENCY=7"), "7"),
    ],
)
def test_the_effective_value_is_shown(chosen, value):
    """A value of a profile replaces that of settings.py, and -s replaces both."""
    shown = settings(*chosen, "--get", "DNS_CONCURRENCY")

    assert (0, f"{value}\n") == (shown.returncode, shown.stdout), shown.stderr


def test_a_misspelt_name_is_rejected():
    """Exit status 2 and an error with the nearest name."""
    shown = settings("-s", "PING_CUONT=3", "--get", "PING_COUNT")

    assert (2, "") == (shown.returncode, shown.stdout)
    assert "PING_CUONT" in shown.stderr
    assert "SETTING_UNKNOWN" in shown.stderr
