"""The metrics of a crawl for Prometheus."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ipv6matrix import context, urls
from ipv6matrix.cluster import tally
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.loop_lag import LoopLag
from ipv6matrix.extensions.prometheus import CrawlCollector
from ipv6matrix.handlers.dns import DnsDownloadHandler
from ipv6matrix.middlewares.rate import RateMiddleware
from tests.crawlers import opened, scheduler, store
from tests.samples import domain_url, ping_item

DOCUMENT = Path(__file__).parents[2] / "docs/metrics.md"
BASE_UNITS = ("_seconds", "_bytes", "_info")


@contextmanager
def whole(folder, **settings):
    """Yield a crawler with everything that metrics read."""
    with opened(folder, **settings) as crawler:
        rate = RateMiddleware.from_crawler(crawler)
        handlers = SimpleNamespace(_handlers={"dns": DnsDownloadHandler(crawler)})
        crawler.engine.downloader = SimpleNamespace(middleware=SimpleNamespace(middlewares=[rate]), handlers=handlers)
        yield crawler


def families(crawler):
    """Read the output of a server: metric families by the name of their samples."""
    registry = CollectorRegistry()
    registry.register(CrawlCollector(crawler))
    metrics = text_string_to_metric_families(generate_latest(registry).decode())
    return {metric.name + ("_total" if metric.type == "counter" else ""): metric for metric in metrics}


def value(family, **labels):
    (sample,) = [sample for sample in family.samples if sample.labels == labels]
    return sample.value


def documented(text):
    """Read the table of metrics: type and labels by name."""
    rows = re.findall(r"^\| `(ipv6matrix_\w+)` \| (\w+) \| ([^|]*)\|", text, re.MULTILINE)
    return {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def exported(crawler):
    """Return type and labels of the exported metrics by name; labels of a metric without samples are unknown."""
    metrics = families(crawler)
    return {
        name: (metric.type, {tuple(set(s.labels) - {"le"}) for s in metric.samples}) for name, metric in metrics.items()
    }


def complaints(text, given):
    documentation = documented(text)
    wrong = [f"{name}: not documented" for name in given if name not in documentation]
    wrong += [f"{name}: no such metric" for name in documentation if name not in given]
    for name in set(documentation) & set(given):
        kind, labels = given[name]
        if documentation[name][0] != kind:
            wrong.append(f"{name}: documented as {documentation[name][0]}, is {kind}")
        wrong += [f"{name}: labels {names}" for names in labels if set(names) != set(documentation[name][1])]
    return wrong


async def test_metrics_are_documented(tmp_path):
    """docs/metrics.md has every metric, with its type and labels."""
    with whole(tmp_path) as crawler:
        store(crawler).complete(ping_item("192.0.2.1"))
        assert [] == complaints(DOCUMENT.read_text(), exported(crawler))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("| `ipv6matrix_part_up` |", "| `ipv6matrix_up` |", "ipv6matrix_part_up: not documented"),
        ("| `ipv6matrix_part_up` | gauge", "| `ipv6matrix_part_up` | counter", "ipv6matrix_part_up: documented as"),
        ("| `probe`, `outcome` |", "| `probe` |", "ipv6matrix_outcomes_total: labels"),
    ],
)
async def test_a_wrong_metric_is_found(tmp_path, old, new, complaint):
    """A wrong name, type or label is reported."""
    text = DOCUMENT.read_text()
    assert old in text
    with whole(tmp_path) as crawler:
        store(crawler).complete(ping_item("192.0.2.1"))
        lines = complaints(text.replace(old, new), exported(crawler))

    assert any(line.startswith(complaint) for line in lines)


async def test_names_follow_the_conventions_of_prometheus(tmp_path):
    """Each metric has a help text and, if any, a base unit."""
    with whole(tmp_path) as crawler:
        metrics = families(crawler)

    assert [] == [name for name, metric in metrics.items() if not metric.documentation.endswith((".", "estimate."))]
    assert [] == [name for name in metrics if re.search(r"_(ms|milliseconds|minutes|kb|percent)(_|$)", name)]
    assert all(name.removesuffix("_total").endswith(BASE_UNITS) for name in metrics if "wait" in name or "away" in name)


async def test_parked_requests_are_counted_by_slot(tmp_path):
    """Requests that wait for the rate of their network are pending, and parked."""
    with whole(tmp_path, PROBE_RATE_PER_NETWORK=1) as crawler:
        for number in range(3):
            scheduler(crawler).enqueue_request(urls.request(f"ping://192.0.2.{number}"))
        scheduler(crawler).next_request()
        scheduler(crawler).next_request()
        metrics = families(crawler)

    assert 3 == value(metrics["ipv6matrix_questions_pending"], slot="ping")
    assert 2 == value(metrics["ipv6matrix_questions_parked"], slot="ping")
    assert 0 == value(metrics["ipv6matrix_questions_parked"], slot="tcp")


async def test_requests_are_counted_by_slot(tmp_path):
    """Each slot has the numbers of found, answered and pending requests, and of those allowed in flight."""
    with whole(tmp_path, PING_CONCURRENCY=7) as crawler:
        for n in range(3):
            store(crawler).add_request(f"ping://192.0.2.{n}")
        store(crawler).add_request(domain_url("a.example"))
        store(crawler).complete(ping_item("192.0.2.0", 1.0))
        metrics = families(crawler)

    assert 3 == value(metrics["ipv6matrix_questions_found_total"], slot="ping")
    assert 1 == value(metrics["ipv6matrix_questions_answered_total"], slot="ping")
    assert 2 == value(metrics["ipv6matrix_questions_pending"], slot="ping")
    assert 0 == value(metrics["ipv6matrix_questions_in_flight"], slot="ping")
    assert 7 == value(metrics["ipv6matrix_questions_in_flight_limit"], slot="ping")
    assert 1 == value(metrics["ipv6matrix_outcomes_total"], probe="ping", outcome="reply")
    assert 1 == value(metrics["ipv6matrix_subjects_done_total"], subject="addresses")


async def test_an_outage_is_exported(tmp_path):
    """A dependency that is down is not up, and its downtime grows."""
    with whole(tmp_path) as crawler:
        part = crawler.get_extension(Health).parts["ipv6"]
        part.away_s, part.machine.away_at = 5.0, time.monotonic() - 10
        crawler.stats.inc_value("health/ipv6/gone")
        metrics = families(crawler)

    assert [0, 1] == [value(metrics["ipv6matrix_part_up"], part=part) for part in ("ipv6", "dns")]
    assert 15 <= value(metrics["ipv6matrix_part_away_seconds_total"], part="ipv6")
    assert [1, 0] == [value(metrics["ipv6matrix_part_outages_total"], part=part) for part in ("ipv6", "ipv4")]


async def test_delays_by_the_rates_are_exported(tmp_path):
    """Each rate has its number of packets, and the seconds that they waited."""
    with whole(tmp_path, PROBE_RATE_PER_NETWORK=100) as crawler:
        (rate,) = crawler.engine.downloader.middleware.middlewares
        for _ in range(2):
            await rate.packets.wait("192.0.2.1")
        metrics = families(crawler)

    turns, seconds = (metrics[f"ipv6matrix_rate_{name}_total"] for name in ("packets", "wait_seconds"))
    assert [2, 2, 0] == [value(turns, rate=rate) for rate in ("all", "network", "query")]
    assert 0 < value(seconds, rate="network") <= 0.01


async def test_unknown_values_are_missing(tmp_path):
    """While the remaining time is unknown there is no sample of it."""
    with whole(tmp_path) as crawler:
        store(crawler).add_request("ping://192.0.2.1")

        assert [] == families(crawler)["ipv6matrix_remaining_seconds"].samples


async def test_the_lag_is_a_histogram(tmp_path):
    """Classes are cumulative, in seconds, and the last one has all samples."""
    with whole(tmp_path) as crawler:
        lag = crawler.get_extension(LoopLag)
        lag.classes[0], lag.classes[3], lag.classes[-1], lag.total_ms = 5, 2, 1, 4000.0
        histogram = families(crawler)["ipv6matrix_loop_lag_seconds"]

    buckets = {s.labels["le"]: s.value for s in histogram.samples if s.name.endswith("_bucket")}
    assert (5, 7, 8) == (buckets["0.001"], buckets["0.01"], buckets["+Inf"])
    assert [4.0] == [s.value for s in histogram.samples if s.name.endswith("_sum")]


async def test_machines_of_a_shared_crawl_export_their_share(tmp_path):
    """What a machine has contributed adds up over machines; what belongs to the whole crawl has a name of its own."""
    with whole(tmp_path) as crawler:
        store(crawler).add_request("ping://192.0.2.7")
        own = tally.gained(["ping://192.0.2.1", domain_url("a.example")], [ping_item("192.0.2.1", 1.0)])
        all_of_them = tally.gained(
            [f"ping://192.0.2.{n}" for n in range(9)], [ping_item(f"192.0.2.{n}") for n in (1, 2)]
        )
        context.of(crawler).worker = SimpleNamespace(own=own, whole=all_of_them, is_listed=False, workers=3)
        metrics = families(crawler)

    assert 1 == value(metrics["ipv6matrix_questions_answered_total"], slot="ping")
    assert 1 == value(metrics["ipv6matrix_questions_pending"], slot="ping")
    assert 1 == value(metrics["ipv6matrix_outcomes_total"], probe="ping", outcome="reply")
    assert (2, 7) == tuple(
        value(metrics[f"ipv6matrix_crawl_questions_{name}"], slot="ping") for name in ("answered_total", "pending")
    )
    assert 3 == value(metrics["ipv6matrix_crawl_workers"])


async def test_a_crawl_on_one_machine_has_no_whole(tmp_path):
    """There is one share, so it is not exported twice."""
    with whole(tmp_path) as crawler:
        assert [] == families(crawler)["ipv6matrix_crawl_questions_answered_total"].samples
