"""Preflight checks: is everything available that the crawl needs?"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from dataclasses import asdict
from types import SimpleNamespace

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from scrapy import signals
from scrapy.core.downloader.handlers import DownloadHandlers
from scrapy.exceptions import CloseSpider

from ipv6matrix import context
from ipv6matrix.extensions import preflight as module
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.preflight import Preflight
from ipv6matrix.health import resolver6
from ipv6matrix.reference.geoip import Build
from ipv6matrix.refusals import StartRefusedError
from ipv6matrix.targets import policy
from tests.crawlers import crawler, job, store
from tests.reference import published
from tests.reference.test_geoip_files import mmdb
from tests.reference.test_sources import keep
from tests.store.test_database import RECORD

NOWHERE = "2001:db8:dead::1"


class Root(asyncio.DatagramProtocol):
    """A resolver on loopback that knows the name servers of the root, returns an error, or is silent."""

    def __init__(self, rcode):
        self.rcode = rcode

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        if self.rcode is None:
            return
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.set_rcode(self.rcode)
        reply.flags |= dns.flags.RA
        if self.rcode == dns.rcode.NOERROR:
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "NS", "a.root-servers.net."))
        self.transport.sendto(reply.to_wire(), address)


@asynccontextmanager
async def resolver(rcode=dns.rcode.NOERROR):
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Root(rcode), local_addr=("127.0.0.1", 0)
    )
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()


@pytest.fixture(autouse=True)
def near(monkeypatch):
    """Loopback stands for the far end of the Internet, and all tools are installed."""
    monkeypatch.setattr(module, "_FAR", {4: "127.0.0.1", 6: "::1"})
    monkeypatch.setattr(module, "ping_permission", lambda: None)
    monkeypatch.setattr(module, "mtr_missing", lambda: None)


def built(folder, server="127.0.0.1:1", **settings):
    """Return a crawler with everything that the preflight reads: list, handlers and settings."""
    (folder / "list").write_text("a.example\n")
    defaults = {"METRICS": "ping,path", "QUERY_TIMEOUT": 0.05, "QUERY_LIFETIME": 0.1, "NAMESERVERS": server}
    made = crawler(folder, domains=str(folder / "list"), **(defaults | settings))
    downloader = SimpleNamespace(handlers=DownloadHandlers(made), middleware=SimpleNamespace(middlewares=[]))
    made.engine = SimpleNamespace(downloader=downloader)
    return made


def begin(made, name, *, crawling=True):
    """Bring Scrapy to the point where the spider opens, for a list with one name."""
    job(made).open()
    made.crawling, context.of(made).lists.domains = crawling, name


async def check(made):
    """Run the preflight and return the plan; close whatever it opened."""
    try:
        await made.get_extension(Preflight).spider_opened()
    finally:
        await made.get_extension(Health).spider_closed()
        await made.signals.send_catch_log_async(signals.engine_stopped)
        job(made).close()
    return context.of(made).plan


async def refusal(made):
    with pytest.raises(StartRefusedError) as raised:
        await check(made)
    return raised.value.message


async def test_a_complete_machine_passes(tmp_path):
    """With routes, tools and resolver nothing is skipped, and the vantage point is known."""
    async with resolver() as server:
        made = built(tmp_path, server)
        plan = await check(made)

    assert {} == plan.skipped
    assert {4: "127.0.0.1", 6: "::1"} == context.of(made).vantage


async def test_a_resolver_that_denies_the_root_is_rejected(tmp_path):
    """Other names that it denies may exist as well."""
    async with resolver(dns.rcode.NXDOMAIN) as server:
        message = await refusal(built(tmp_path, server))

    assert "RESOLVER_LIES" in message


async def test_a_captive_portal_is_rejected(internet, tmp_path):
    """A resolver that returns an address for every name is lying."""
    internet.resolver_mode("portal")
    try:
        message = await refusal(built(tmp_path, internet.resolver4, QUERY_TIMEOUT=1, QUERY_LIFETIME=2))
    finally:
        internet.resolver_mode("normal")

    assert "RESOLVER_LIES" in message


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


@pytest.mark.parametrize(
    ("rcode", "word"), [(None, "timeout"), (dns.rcode.SERVFAIL, "servfail"), (dns.rcode.REFUSED, "refused")]
)
async def test_a_broken_resolver_is_reported(tmp_path, rcode, word, caplog):
    """Silence and errors stop the crawl with the address of the resolver, the failure and the fix."""
    async with resolver(rcode) as server:
        address, _, port = server.partition(":")
        message = await refusal(built(tmp_path, server))

    assert f"{address} port {port}" in message
    assert f"({word})" in message
    assert "RESOLVER_AWAY" in message
    assert message in caplog.text


@pytest.fixture
def dns64(internet):
    """The resolvers of the simulated Internet synthesize AAAA records."""

    def begin(prefix):
        internet.resolver_mode(f"dns64 {prefix}")

    yield begin
    internet.resolver_mode("normal")


@pytest.mark.parametrize("prefix", ["64:ff9b::", "2001:db8:100:64::"])
async def test_a_resolver_with_dns64_stops_the_crawl(internet, tmp_path, dns64, prefix, caplog):
    """DNS64 with any prefix is detected; the error names the resolver and its answer."""
    dns64(prefix)
    message = await refusal(built(tmp_path, internet.resolver6, QUERY_TIMEOUT=2, QUERY_LIFETIME=5))

    assert internet.resolver6 in message
    assert f"ipv4only.arpa AAAA with {prefix}" in message
    assert "DNS64_DETECTED" in message
    assert message in caplog.text


async def test_every_resolver_is_checked_for_dns64(internet, tmp_path, dns64):
    """A single resolver with DNS64 is enough, because queries go to all in turn."""
    dns64("2001:db8:100:64::")
    async with resolver() as honest:
        servers = f"{honest},{internet.resolver4}"
        message = await refusal(built(tmp_path, servers, QUERY_TIMEOUT=2, QUERY_LIFETIME=5))

    assert internet.resolver4 in message
    assert "DNS64_DETECTED" in message


async def test_a_resolver_that_is_silent_about_dns64_is_accepted(tmp_path):
    """With one working and one broken resolver, a missing answer does not count as DNS64."""
    async with resolver() as honest:
        await check(built(tmp_path, f"{honest},127.0.0.1:1"))


async def test_resolvers_are_checked_for_dns64_at_each_start(internet, tmp_path):
    """The query is sent before anything is probed."""
    since = time.time()
    await check(built(tmp_path, f"{internet.resolver4},{internet.resolver6}", QUERY_TIMEOUT=2, QUERY_LIFETIME=5))
    asked = [query for query in internet.queries(since=since) if query.name.rstrip(".") == "ipv4only.arpa"]

    assert ["AAAA", "AAAA"] == [query.type for query in asked]


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


@pytest.mark.parametrize("server", ["resolver4", "resolver6"])
async def test_a_validating_resolver_measures_dnssec(internet, tmp_path, server):
    """A resolver that sets AD in the answer for the root keeps the metric."""
    made = built(tmp_path, getattr(internet, server), METRICS="dnssec,ping", QUERY_TIMEOUT=1.0, QUERY_LIFETIME=2.0)
    plan = await check(made)

    assert ({}, True) == (plan.skipped, "dnssec" in plan.metrics)


async def test_a_resolver_without_validation_leaves_dnssec_out(tmp_path, caplog):
    """Without AD every zone would count as insecure, so the metric is left out and the crawl starts."""
    async with resolver() as server:
        plan = await check(built(tmp_path, server, METRICS="dnssec,ping"))

    assert "DNSSEC_MISSING" in plan.skipped["dnssec"]
    assert "DNSSEC_MISSING" in caplog.text
    assert frozenset({"ping"}) == plan.metrics


async def test_a_resolver_without_ipv4_measures_what_resolves(internet, tmp_path):
    """
    A resolver that finds the control zones over IPv6 alone keeps the metric.
    """
    host, port = internet.resolver_without_ipv4
    settings = {"METRICS": "resolver6,ping", "QUERY_TIMEOUT": 5.0, "QUERY_LIFETIME": 9.0}
    plan = await check(built(tmp_path, internet.resolver4, NAMESERVERS6=f"[{host}]:{port}", **settings))

    assert ({}, True) == (plan.skipped, "resolver6" in plan.metrics)


async def test_a_resolver_without_ipv4_that_fails_stops_the_crawl(tmp_path):
    """
    If the control zones fail, every name would count as broken; with MISSING=skip, only the metric is left out.
    """
    async with resolver() as server:
        settings = {"METRICS": "resolver6,ping", "NAMESERVERS6": "[::1]:1"}
        message = await refusal(built(tmp_path, server, **settings))
        plan = await check(built(tmp_path, server, MISSING="skip", **settings))

    assert "RESOLVER6_FAILS" in message
    assert frozenset({"ping"}) == plan.metrics


async def test_a_resolver_of_nameservers6_with_ipv4_stops_the_crawl(internet, tmp_path):
    """
    If it finds names that are served over IPv4 alone, none would count as broken; MISSING=skip leaves the metric out.
    """
    settings = {"METRICS": "resolver6,ping", "NAMESERVERS6": internet.resolver4, "QUERY_TIMEOUT": 1.0}
    message = await refusal(built(tmp_path, internet.resolver4, **settings))
    plan = await check(built(tmp_path, internet.resolver4, MISSING="skip", **settings))

    assert "RESOLVER6_HAS_IPV4" in message
    assert f"{internet.resolver4} " in message
    assert frozenset({"ping"}) == plan.metrics


async def test_every_resolver_of_nameservers6_is_checked_for_ipv4(internet, tmp_path):
    """A single one with IPv4 is enough, because lookups go to all in turn."""
    host, port = internet.resolver_without_ipv4
    settings = {"METRICS": "resolver6,ping", "QUERY_TIMEOUT": 5.0, "QUERY_LIFETIME": 9.0}
    servers = f"[{host}]:{port},{internet.resolver6}"

    assert "RESOLVER6_HAS_IPV4" in await refusal(built(tmp_path, internet.resolver4, NAMESERVERS6=servers, **settings))


async def test_without_names_served_over_ipv4_a_warning_remains(internet, tmp_path, monkeypatch, caplog):
    """If the ordinary resolver does not find them, they show nothing, and the crawl starts."""
    monkeypatch.setattr(resolver6, "SERVED_OVER_IPV4", ("gone.mailbarn.com", "servfail.example"))
    settings = {"METRICS": "resolver6,ping", "NAMESERVERS6": internet.resolver6, "QUERY_TIMEOUT": 1.0}
    plan = await check(built(tmp_path, internet.resolver4, **settings))

    assert "resolver6" in plan.metrics
    assert "RESOLVER6_UNPROVEN" in caplog.text
