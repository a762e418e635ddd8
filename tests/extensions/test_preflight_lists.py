"""Preflight checks of the list, which is downloaded if it is named."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from ipv6matrix import context
from tests.crawlers import store
from tests.extensions.preflights import begin, built, check, refusal, resolver
from tests.reference import published
from tests.reference.test_sources import keep
from tests.store.test_database import RECORD

pytestmark = pytest.mark.usefixtures("near")


async def test_a_list_is_fetched_by_its_name(site, tmp_path):
    """The spider then reads the downloaded file, and the supplement in the same folder."""
    published.put_tranco(site, "K2XYW", ["one.example", "two.example"])
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/supplemental.txt").write_text("mine.example\n")
    async with resolver() as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        begin(made, "tranco")
        await check(made)

    assert ("tranco-K2XYW.csv", "supplemental.txt") == tuple(file.name for file in context.of(made).lists.files())


async def test_the_supplement_of_the_command_replaces_that_of_the_folder(site, tmp_path):
    """The file of -a supplemental= is read, and the other is not."""
    published.put_tranco(site, "K2XYW", ["one.example", "two.example"])
    for name in ("lists/supplemental.txt", "mine.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine.example\n")
    async with resolver() as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        begin(made, "tranco")
        context.of(made).lists.supplemental = str(tmp_path / "mine.txt")
        await check(made)

    assert ("tranco-K2XYW.csv", "mine.txt") == tuple(file.name for file in context.of(made).lists.files())


async def test_a_resumed_crawl_fetches_nothing(site, tmp_path):
    """It continues with the list named in its row, even if there is a newer one, and with the supplement."""
    for name in ("tranco-NEWER", "tranco-K2XYW"):
        (tmp_path / "lists").mkdir(exist_ok=True)
        source = keep(tmp_path / "lists", name)
    (tmp_path / "lists/supplemental.txt").write_text("mine.example\n")
    async with resolver() as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        begin(made, "tranco")
        store(made).record_crawl(
            **RECORD, started_at=1, starts=1, skipped="{}", list_source=json.dumps([asdict(source)])
        )
        await check(made)

    assert ("tranco-K2XYW.csv", "supplemental.txt") == tuple(file.name for file in context.of(made).lists.files())
    assert [] == site.requests


async def test_a_resumed_crawl_without_its_list_is_rejected(site, tmp_path):
    """It does not continue with another list."""
    source = keep(tmp_path)
    (tmp_path / "tranco-K2XYW.csv").write_text("1,other.example\n")
    made = built(tmp_path, **published.settings(site, tmp_path))
    begin(made, "tranco")
    store(made).record_crawl(**RECORD, started_at=1, starts=1, skipped="{}", list_source=json.dumps([asdict(source)]))

    message = await refusal(made)
    assert source.file in message
    assert "LIST_CHANGED" in message
    assert [] == site.requests


async def test_nothing_is_fetched_for_a_job_that_cannot_be_opened(site, tmp_path):
    """A start that already failed does not need a list."""
    async with resolver() as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        made.crawling, context.of(made).lists.domains = True, "majestic"
        await check(made)

    assert [] == site.requests


async def test_a_list_that_cannot_be_fetched_stops_the_crawl(site, tmp_path):
    """The error message is that of the download."""
    async with resolver() as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        begin(made, "majestic")
        message = await refusal(made)

    assert f"{site.url}/majestic.csv (404 Not Found)" in message
    assert "DOWNLOAD_FAILED" in message


async def test_nothing_is_fetched_when_something_else_is_missing(site, tmp_path):
    """A list is large; all other checks come first."""
    async with resolver(None) as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        begin(made, "majestic")
        await refusal(made)

    assert [] == site.requests


async def test_a_stopped_crawl_stops_fetching(site, tmp_path):
    """A stop in the middle of a download ends it with an error."""
    published.put_tranco(site, "K2XYW", ["one.example", "two.example"])
    async with resolver() as server:
        made = built(tmp_path, server, **published.settings(site, tmp_path))
        begin(made, "tranco", crawling=False)

        assert "DOWNLOAD_STOPPED" in await refusal(made)


async def test_a_missing_list_is_reported(tmp_path):
    """A missing list stops the crawl before the first request."""
    made = built(tmp_path)
    context.of(made).lists.domains = str(tmp_path / "missing")

    message = await refusal(made)
    assert f"'{tmp_path}/missing'" in message
    assert "LIST_NOT_READABLE" in message
