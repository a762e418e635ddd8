"""The command `scrapy lists`."""

from __future__ import annotations

from functools import partial

import pytest

from tests import typed
from tests.reference import published

pytestmark = pytest.mark.crawl


run = partial(typed.run, "lists")


def test_lists_are_fetched_and_listed(site, tmp_path):
    """Each list has a line with file, date, id, size and URL."""
    settings = published.settings(site, tmp_path)
    site.put("/majestic.csv", published.majestic(["one.example", "two.example"]))
    published.put_tranco(site, "K2XYW", ["one.example", "two.example", "three.example"])
    none = run(**settings)
    fetched = run("update", "majestic", "tranco", **settings)
    shown = run(**settings)

    assert "No lists yet: download one with scrapy lists update tranco\n" == none.stdout
    assert 0 == fetched.returncode, fetched.stderr
    assert (
        f"{tmp_path}/lists/tranco-K2XYW.csv: tranco of 2026-11-01, id K2XYW, 3 domains, from {site.url}/tranco.zip"
        == fetched.stdout.splitlines()[1]
    )
    assert set(fetched.stdout.splitlines()) == set(shown.stdout.splitlines())


def test_a_failed_download_is_reported(site, tmp_path):
    """Exit status 1, and one error message."""
    ended = run("update", "majestic", **published.settings(site, tmp_path))

    assert 1 == ended.returncode
    assert "majestic" in ended.stderr
    assert "[DOWNLOAD_FAILED]" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "code"),
    [
        (("update",), {}, "ARGUMENT_INVALID"),
        (("update", "alexa"), {}, "ARGUMENT_INVALID"),
        (("novelty",), {}, "ARGUMENT_INVALID"),
        ((), {"TRANCO_URL": "here"}, "SETTING_INVALID"),
    ],
)
def test_invalid_arguments_are_reported(arguments, settings, code):
    """Exit status 2 and an error message."""
    ended = run(*arguments, **settings)

    assert 2 == ended.returncode
    assert code in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
