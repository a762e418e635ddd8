"""The row that records a run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from dataclasses import asdict
from unittest.mock import AsyncMock

import pytest
from scrapy import signals

import ipv6matrix
from ipv6matrix import context
from ipv6matrix.extensions import run_record
from ipv6matrix.reference.geoip import Build
from ipv6matrix.store import newest
from tests.crawlers import count, frontier, opened, store
from tests.reference.test_sources import keep
from tests.samples import domain_item, domain_url


def listed(folder):
    (folder / "list").write_text("a.example\n")
    return str(folder / "list")


def running(folder, **settings):
    return opened(folder, domains=listed(folder), NAMESERVERS="192.0.2.53,[2001:db8::53]:5353", **settings)


async def start(crawler):
    await crawler.signals.send_catch_log_async(signals.engine_started)


async def end(crawler, reason, *, list_read=True):
    crawler.stats.set_value("list/ended", list_read)
    await crawler.signals.send_catch_log_async(signals.spider_closed, reason=reason, spider=crawler.spider)


async def test_a_start_is_recorded(tmp_path):
    """The row has version, settings, list, vantage point, resolvers and what is skipped."""
    before = int(time.time())
    with running(tmp_path, PING_COUNT="3") as crawler:
        context.of(crawler).vantage = {4: "192.0.2.1"}
        context.of(crawler).plan.skip_metric("ping", "no permission")
        await start(crawler)
        row = store(crawler).crawl()
        await end(crawler, "shutdown")

    assert before <= row["started_at"] <= time.time()
    assert newest.run_name(row["started_at"]) == row["run"]
    assert (ipv6matrix.__version__, 1) == (row["version"], row["starts"])
    assert "3" == json.loads(row["settings"])["PING_COUNT"]
    assert (str(tmp_path / "list"), hashlib.sha256(b"a.example\n").hexdigest()) == (row["list"], row["list_sha256"])
    assert ("192.0.2.1", None) == (row["vantage4"], row["vantage6"])
    assert "192.0.2.53:53,[2001:db8::53]:5353" == row["resolver"]
    assert {"ping": "no permission"} == json.loads(row["skipped"])
    assert (None, None) == (row["ended_at"], row["end_reason"])


async def test_sources_of_list_and_places_are_recorded(tmp_path):
    """A fetched list is recorded with its source, GeoIP files with type and build time."""
    source = keep(tmp_path)
    with opened(tmp_path, domains=source.file, NAMESERVERS="192.0.2.53") as crawler:
        context.of(crawler).geoip = {"GEOIP_ASN_DB": Build(type="GeoLite2-ASN", built_at=1)}
        await start(crawler)
        row = store(crawler).crawl()
        await end(crawler, "shutdown")

    assert [asdict(source)] == json.loads(row["list_source"])
    assert {"GEOIP_ASN_DB": {"type": "GeoLite2-ASN", "built_at": 1}} == json.loads(row["geoip"])


async def test_a_list_of_the_operator_has_no_source(tmp_path):
    """Without a fetched list and without GeoIP the columns are NULL."""
    with running(tmp_path) as crawler:
        await start(crawler)
        row = store(crawler).crawl()
        await end(crawler, "shutdown")

    assert (None, None) == (row["list_source"], row["geoip"])


async def test_a_resumed_crawl_keeps_its_name(tmp_path):
    """Another start is counted; the run keeps its name and start time, and has no end yet."""
    with running(tmp_path) as crawler:
        await start(crawler)
        store(crawler).record_crawl(run="2024-01-05__10-00-00", started_at=1)
        await end(crawler, "shutdown")
    with running(tmp_path, PING_COUNT="7") as crawler:
        assert "shutdown" == store(crawler).crawl()["end_reason"]
        await start(crawler)
        row = store(crawler).crawl()
        await end(crawler, "shutdown")

    assert ("2024-01-05__10-00-00", 1, 2) == (row["run"], row["started_at"], row["starts"])
    assert (None, None) == (row["ended_at"], row["end_reason"])
    assert "7" == json.loads(row["settings"])["PING_COUNT"]


@pytest.mark.parametrize(
    ("reason", "pending", "recorded"),
    [
        ("finished", False, "finished"),
        ("finished", True, "incomplete"),
        ("shutdown", True, "shutdown"),
        ("shutdown", False, "shutdown"),
    ],
)
async def test_an_end_is_recorded(tmp_path, reason, pending, recorded):
    """A crawl has finished when nothing is pending; an answer that could not be stored makes it incomplete."""
    with running(tmp_path) as crawler:
        await start(crawler)
        store(crawler).add_request(domain_url("a.example"))
        if not pending:
            frontier(crawler).complete(domain_item("a.example"))
        await end(crawler, reason)
        row = store(crawler).crawl()

    assert recorded == row["end_reason"] == count(crawler, "crawl/end_reason")
    assert time.time() - 60 < row["ended_at"] <= time.time()


@pytest.mark.parametrize(("domains", "list_read"), [((), True), (("a.example",), False)])
async def test_a_crawl_without_its_whole_list_is_incomplete(tmp_path, domains, list_read):
    """A crawl that made no request, or could not read its list to the end, is incomplete and not published."""
    with running(tmp_path) as crawler:
        await start(crawler)
        for name in domains:
            store(crawler).add_request(domain_url(name))
            frontier(crawler).complete(domain_item(name))
        await end(crawler, "finished", list_read=list_read)

        assert "incomplete" == store(crawler).crawl()["end_reason"]


async def test_ranks_of_a_list_are_recorded(tmp_path):
    """Rows that are numbered are ranks; a crawl that is shared with other machines does not know their order."""
    (tmp_path / "list").write_text("1,a.example\n2,b.example\n")
    for setting, ranks in (({}, 2), ({"STORE_URL": "postgresql://"}, 0)):
        with opened(tmp_path, domains=str(tmp_path / "list"), NAMESERVERS="192.0.2.53") as crawler:
            crawler.settings.frozen = False
            crawler.settings.setdict(setting)
            await start(crawler)
            assert ("", ranks) == (store(crawler).crawl()["tag"], store(crawler).crawl()["ranks"])
            await end(crawler, "shutdown")


async def test_a_resumed_crawl_keeps_its_tag(tmp_path, caplog):
    """The tag of the first start stays, given again or not; another one is logged."""
    for tag in ("cities", "cities", "", "towns"):
        with opened(tmp_path, domains=listed(tmp_path), tag=tag, NAMESERVERS="192.0.2.53") as crawler:
            caplog.clear()
            await start(crawler)
            assert "cities" == store(crawler).crawl()["tag"]
            await end(crawler, "shutdown")
            assert (tag == "towns") is ("TAG_KEPT" in caplog.text)


async def test_a_changed_list_is_logged(tmp_path, caplog):
    """A warning is logged when a crawl resumes with another list than it started with."""
    for content in ("a.example\n", "a.example\n", "b.example\n"):
        (tmp_path / "list").write_text(content)
        with opened(tmp_path, domains=str(tmp_path / "list"), NAMESERVERS="192.0.2.53") as crawler:
            caplog.clear()
            await start(crawler)
            await end(crawler, "shutdown")
            assert (content == "b.example\n") is ("LIST_CHANGED" in caplog.text)


async def test_run_names_are_unique(tmp_path, monkeypatch):
    """If the clock was set back, the next second without results is used."""
    monkeypatch.setattr(run_record.time, "time", lambda: 1_704_448_800.9)
    (tmp_path / "ips-2024-01-05__10-00-00.db").touch()
    (tmp_path / "example" / "2024-01-05__10-00-01").mkdir(parents=True)
    with running(tmp_path) as crawler:
        await start(crawler)
        row = store(crawler).crawl()
        await end(crawler, "shutdown")

    assert ("2024-01-05__10-00-02", 1_704_448_802) == (row["run"], row["started_at"])


async def test_a_crawl_does_not_end_before_it_started(tmp_path):
    """The end is never earlier than the start, even if the clock was set back."""
    with running(tmp_path) as crawler:
        await start(crawler)
        later = int(time.time()) + 86_400
        store(crawler).record_crawl(started_at=later)
        await end(crawler, "shutdown")

        assert later == store(crawler).crawl()["ended_at"]


async def test_a_start_that_cannot_be_recorded_stops_the_crawl(tmp_path, caplog):
    """A full disk is an error message without a traceback."""
    with running(tmp_path) as crawler:
        store(crawler).query("PRAGMA query_only = ON")
        crawler.engine.close_spider_async = closing = AsyncMock()
        await start(crawler)
        store(crawler).query("PRAGMA query_only = OFF")
        await asyncio.sleep(0)

    assert "DATABASE_FAILED" in caplog.text
    assert "Traceback" not in caplog.text
    closing.assert_called_once_with(reason="store_failed")


async def test_a_rejected_start_does_not_change_the_record(tmp_path):
    """A rejected start leaves the row of the previous crawl unchanged."""
    with running(tmp_path) as crawler:
        await start(crawler)
        await end(crawler, "shutdown")
    with running(tmp_path) as crawler:
        before = store(crawler).crawl()
        await end(crawler, "start_refused")

        assert before == store(crawler).crawl()
        assert "start_refused" == count(crawler, "crawl/end_reason")


def test_a_run_is_named_by_its_start_in_utc(monkeypatch):
    """The name does not depend on the local time zone."""
    monkeypatch.setenv("TZ", "Africa/Cairo")
    time.tzset()
    try:
        assert "1970-01-02__00-00-01" == newest.run_name(86_401.9)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d__\d\d-\d\d-\d\d", newest.run_name(time.time()))
