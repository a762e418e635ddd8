"""Preflight checks: is everything available that the crawl needs?"""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from scrapy import signals
from scrapy.exceptions import CloseSpider

from ipv6matrix import context
from ipv6matrix.extensions import preflight as module
from ipv6matrix.reference.geoip import Build
from ipv6matrix.targets import policy
from tests.crawlers import crawler, job, store
from tests.extensions.preflights import built, check, refusal, resolver
from tests.reference.test_geoip_files import mmdb
from tests.store.test_database import RECORD

pytestmark = pytest.mark.usefixtures("near")

NOWHERE = "2001:db8:dead::1"


async def test_a_complete_machine_passes(tmp_path):
    """With routes, tools and resolver nothing is skipped, and the vantage point is known."""
    async with resolver() as server:
        made = built(tmp_path, server)
        plan = await check(made)

    assert {} == plan.skipped
    assert {4: "127.0.0.1", 6: "::1"} == context.of(made).vantage


# Outside the simulated Internet, where no host answers.
SILENT = "192.0.32.1,2620::1"


async def test_families_without_a_reference_are_reported(internet, tmp_path):
    """The Internet is unreachable although there is a route."""
    async with resolver() as server:
        message = await refusal(built(tmp_path, server, HEALTH_TARGETS=SILENT))

    assert "IPv4 (192.0.32.1)" in message
    assert "REFERENCES_SILENT" in message


async def test_a_family_without_a_reference_may_be_skipped(internet, tmp_path):
    """With MISSING=skip the other family is measured."""
    settings = internet.settings()
    six = ",".join(word for word in settings["HEALTH_TARGETS"].split(",") if ":" in word)
    async with resolver() as server:
        # The references of the simulated Internet are documentation addresses.
        made = built(tmp_path, server, HEALTH_TARGETS=f"{six},192.0.32.1", MISSING="skip")
        context.of(made).plan.policy._allowed = policy.networks(settings["PROBE_ALLOWED_NETWORKS"])
        plan = await check(made)

    assert ["ipv4"] == list(plan.skipped)
    assert "no_ipv4" == plan.policy.exclusion("192.0.32.2")


async def test_a_private_network_needs_no_reference(internet, tmp_path, caplog):
    """If the default references are unreachable, a warning says what each family is judged by instead."""
    settings = {"PROBE_ALLOWED_NETWORKS": "198.18.0.0/15", "HEALTH_TARGETS": SILENT}
    async with resolver() as server:
        plan = await check(built(tmp_path, server, **settings))

    assert {} == plan.skipped
    warned = [message for message in caplog.messages if "REFERENCES_SILENT" in message]
    assert [True, True] == [f"IPv{family} " in message for family, message in zip((4, 6), warned, strict=True)]


async def test_a_missing_route_is_reported(tmp_path):
    """
    A source address that this machine does not have stops the crawl; the error names the setting and how to go on
    without.
    """
    async with resolver() as server:
        message = await refusal(built(tmp_path, server, LOCAL_IPV6=NOWHERE))

    assert message.startswith(f"LOCAL_IPV6={NOWHERE} (")
    assert "MISSING=skip" in message
    assert "ROUTE_MISSING" in message


async def test_a_missing_route_may_be_skipped(tmp_path, caplog):
    """With MISSING=skip the other family is measured, and the record has what was skipped."""
    async with resolver() as server:
        made = built(tmp_path, server, LOCAL_IPV6=NOWHERE, MISSING="skip")
        plan = await check(made)

    assert ["ipv6"] == list(plan.skipped)
    assert "no_ipv6" == plan.policy.exclusion("2a00::1")
    assert {4: "127.0.0.1"} == context.of(made).vantage
    assert f"LOCAL_IPV6={NOWHERE}" in caplog.text
    assert "ROUTE_MISSING" in caplog.text


async def test_without_any_route_nothing_can_be_skipped(tmp_path):
    """Without either family there is nothing to measure, whatever MISSING is."""
    made = built(tmp_path, LOCAL_IPV4="192.0.2.1", LOCAL_IPV6=NOWHERE, MISSING="skip")

    message = await refusal(made)
    assert "Neither IPv4 nor IPv6" in message
    assert "ROUTE_MISSING" in message


@pytest.mark.parametrize(("tool", "metric"), [("ping_permission", "ping"), ("mtr_missing", "path")])
async def test_a_missing_tool_stops_the_crawl_or_is_skipped(tmp_path, monkeypatch, tool, metric):
    """Without ping permission or mtr-packet the crawl stops, or skips that metric."""
    monkeypatch.setattr(module, tool, lambda: "it is not there: install it")
    async with resolver() as server:
        assert "it is not there: install it" == await refusal(built(tmp_path, server))
        plan = await check(built(tmp_path, server, MISSING="skip"))
        unwanted = await check(built(tmp_path, server, METRICS="tcp80"))

    assert {metric: "it is not there: install it"} == plan.skipped
    assert metric not in plan.metrics
    assert {} == unwanted.skipped


async def test_geoip_without_files_stops_the_crawl_or_is_skipped(tmp_path):
    """The metric geoip needs a file."""
    async with resolver() as server:
        message = await refusal(built(tmp_path, server, METRICS="geoip"))
        plan = await check(built(tmp_path, server, METRICS="geoip,ping", MISSING="skip"))

    assert "`scrapy geoip update`" in message
    assert {"geoip": message} == plan.skipped


@pytest.mark.parametrize(("days", "warned"), [(59, False), (60, False), (61, True)])
async def test_old_geoip_files_are_reported(tmp_path, caplog, days, warned):
    """After 60 days a warning names the setting, the file and its age; the metadata of the files is recorded."""
    built_at = int(time.time()) - days * 86_400 - 60
    (tmp_path / "geoip").mkdir()
    (tmp_path / "geoip/asn.mmdb").write_bytes(mmdb(tmp_path, "GEOIP_ASN_DB", built_at=built_at))
    async with resolver() as server:
        made = built(tmp_path, server, METRICS="geoip")
        await check(made)

    messages = [message for message in caplog.messages if "GEOIP_OLD" in message]
    assert warned is bool(messages)
    assert all(f"GEOIP_ASN_DB: '{tmp_path}/geoip/asn.mmdb' is {days} days old" in message for message in messages)
    assert {"GEOIP_ASN_DB": Build(type="GeoLite2-ASN", built_at=built_at)} == context.of(made).geoip


async def test_a_crawl_without_contact_is_rejected(tmp_path):
    """A crawl that probes the public Internet must name a contact."""
    message = await refusal(built(tmp_path, CONTACT=""))

    assert "CONTACT_MISSING" in message


async def test_a_crawl_of_allowed_networks_needs_no_contact(tmp_path):
    """With PROBE_ALLOWED_NETWORKS no third party is probed."""
    async with resolver() as server:
        await check(built(tmp_path, server, CONTACT="", PROBE_ALLOWED_NETWORKS="198.18.0.0/15"))


@pytest.mark.parametrize(
    ("text", "entries"),
    [("", 0), ("a.example\nb.example\n", 2), ("a.example\n# entries: 2\n", 1), (None, 0)],
)
async def test_a_resumed_crawl_needs_its_opt_outs(tmp_path, text, entries):
    """A file that has lost more than half of its entries since the last start, or is no longer set, is an error."""
    (tmp_path / "optout").write_text(text or "")
    async with resolver() as server:
        made = built(tmp_path, server, OPTOUT_FILE="" if text is None else str(tmp_path / "optout"))
        job(made).open()
        store(made).record_crawl(**RECORD, started_at=1, starts=1, skipped="{}", opt_outs=5)
        message = await refusal(made)

    assert f"{entries} entries" in message
    assert " 5 " in message
    assert f"'# entries: {entries}'" in message
    assert "OPTOUT_SHRUNK" in message


@pytest.mark.parametrize("text", ["# entries: 0\n", "a.example\nb.example\nc.example\n", "a.example\n# entries: 1"])
async def test_a_resumed_crawl_accepts_the_remaining_opt_outs(tmp_path, text, caplog):
    """Half of them are enough, and so is a file that declares its number of entries."""
    (tmp_path / "optout").write_text(text)
    async with resolver() as server:
        made = built(tmp_path, server, OPTOUT_FILE=str(tmp_path / "optout"))
        job(made).open()
        store(made).record_crawl(**RECORD, started_at=1, starts=1, skipped="{}", opt_outs=5)
        await check(made)

    assert "OPTOUT_FILE" not in caplog.text


async def test_an_opt_out_file_without_entries_is_reported(tmp_path, caplog):
    """A new crawl starts with it, after a warning."""
    (tmp_path / "optout").write_text("# nobody yet\n")
    async with resolver() as server:
        await check(built(tmp_path, server, OPTOUT_FILE=str(tmp_path / "optout")))

    assert "'# entries: 0'" in caplog.text
    assert "OPTOUT_EMPTY" in caplog.text


async def test_a_handler_that_cannot_be_created_is_reported(tmp_path):
    """Scrapy would only log it, and fail every request."""
    made = built(tmp_path, DOWNLOAD_HANDLERS={"dns": None})

    message = await refusal(made)
    assert "dns://" in message
    assert "HANDLER_FAILED" in message


async def test_preflight_runs_when_the_spider_opens(tmp_path):
    """The signal spider_opened starts it, and a failure makes Scrapy close the spider."""
    made = crawler(tmp_path)
    handlers = SimpleNamespace(_get_handler=lambda scheme: None)
    made.engine = SimpleNamespace(downloader=SimpleNamespace(handlers=handlers))
    results = await made.signals.send_catch_log_async(signals.spider_opened, spider=made.spider, dont_log=CloseSpider)

    assert ["start_refused"] == [result.reason for _, result in results if isinstance(result, CloseSpider)]
