"""
The metrics of a crawl for Prometheus; docs/metrics.md describes each.

Names and units follow the conventions of Prometheus: base units, `_total` for
counters (https://prometheus.io, "Metric and label naming"). Everything here runs
in the thread of the server, so it only copies values and changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from scrapy.crawler import Crawler

import ipv6matrix
from ipv6matrix import context, engine
from ipv6matrix.extensions.health import Health
from ipv6matrix.extensions.loop_lag import BOUNDS_MS, LoopLag
from ipv6matrix.extensions.progress import Progress
from ipv6matrix.handlers.dns import DnsDownloadHandler
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.progress.figures import Figures, Listing, Share
from ipv6matrix.progress.figures import figures as figures_of
from ipv6matrix.progress.pace import UNKNOWN
from ipv6matrix.rates.pacers import Waits
from ipv6matrix.store.counts import Counts

# Keys are the values of all labels.
Values = Mapping[Any, float]
# The class of all samples, however late.
_NO_BOUND: Final = "+Inf"


class CrawlCollector(Collector):
    """Collects the figures of a crawl when they are requested."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._context = context.of(crawler)

    def collect(self) -> Iterable[Metric]:
        yield _gauge("crawl_info", "Version of the crawler.", ("version",), {(ipv6matrix.__version__,): 1})
        yield from self._crawl()
        yield from self._requests()
        yield from self._progress()
        yield from self._rates()
        yield from self._health()
        yield self._loop_lag()

    @property
    def _own(self) -> Counts:
        """What this process has contributed to the crawl: on one machine, everything."""
        worker = self._context.worker
        return worker.own if worker else self._context.job.store.counts

    def _crawl(self) -> Iterator[Metric]:
        """Yield what is the same on all machines of a shared crawl."""
        worker = self._context.worker
        whole = worker.whole if worker else Counts()
        slots = REGISTRY.slots if worker else ()
        answered, pending = _by_slot(whole.done, slots), _pending(whole, slots)
        yield _counter("crawl_questions_answered", "Requests of the whole crawl answered.", ("slot",), answered)
        yield _gauge("crawl_questions_pending", "Requests of the whole crawl not answered yet.", ("slot",), pending)
        workers: Values = {(): worker.workers} if worker else {}
        yield _gauge("crawl_workers", "Processes that take part in the crawl.", (), workers)

    def _requests(self) -> Iterator[Metric]:
        counts = self._own
        added, answered = _by_slot(counts.asked, REGISTRY.slots), _by_slot(counts.done, REGISTRY.slots)
        # Of a shared crawl, those of the buckets of this machine, whichever machine found them.
        pending = _pending(self._context.job.store.counts, REGISTRY.slots)
        ends = dict(counts.outcomes)
        yield _counter("questions_found", "Requests added to the frontier, over all starts.", ("slot",), added)
        yield _counter("questions_answered", "Requests answered and stored, over all starts.", ("slot",), answered)
        yield _gauge("questions_pending", "Requests not answered yet, in flight or not.", ("slot",), pending)
        frontier = self._context.frontier
        flights = frontier.in_flight
        rooms = {(slot,): room for slot, (_, room) in flights.items()}
        in_flight = {(slot,): number for slot, (number, _) in flights.items()}
        yield _gauge("questions_in_flight", "Requests in flight.", ("slot",), in_flight)
        yield _gauge("questions_in_flight_limit", "Limit of requests in flight.", ("slot",), rooms)
        parked = {(slot,): number for slot, number in frontier.parked.items()}
        yield _gauge("questions_parked", "Requests that wait for others of their network or name.", ("slot",), parked)
        outcomes = {(str(probe), str(end)): number for (probe, end), number in ends.items()}
        yield _counter("outcomes", "Outcomes of probes, over all starts.", ("probe", "outcome"), outcomes)

    def _progress(self) -> Iterator[Metric]:
        figures = self._get(Progress).figures
        done = {(name,): share.done for name, share in _subjects(figures_of(self._own, Listing(), UNKNOWN)).items()}
        shares = _subjects(figures)
        left = {(name,): share.left for name, share in shares.items() if share.left is not None}
        yield _counter("subjects_done", "Domains, hosts and addresses done, over all starts.", ("subject",), done)
        yield _gauge("subjects_left", "Domains, hosts and addresses left (estimate).", ("subject",), left)
        remaining = {} if figures.seconds_left is None else {(): figures.seconds_left}
        yield _gauge("remaining_seconds", "Time to the end of this pass (estimate).", (), remaining)

    def _rates(self) -> Iterator[Metric]:
        waits = self._waits()
        turns = {(rate,): wait.turns for rate, wait in waits.items()}
        seconds = {(rate,): wait.seconds for rate, wait in waits.items()}
        yield _counter("rate_packets", "Packets subject to a rate.", ("rate",), turns)
        yield _counter("rate_wait_seconds", "Total time that packets waited for a rate.", ("rate",), seconds)

    def _waits(self) -> dict[str, Waits]:
        waits: dict[str, Waits] = {}
        if self._crawler.engine is not None:
            rate = self._crawler.get_downloader_middleware(RateMiddleware)
            waits |= rate.packets.waits if rate else {}
            dns = engine.created_handler(self._crawler, "dns")
            waits |= {"query": dns.queries.waits} if isinstance(dns, DnsDownloadHandler) else {}
        return waits

    def _health(self) -> Iterator[Metric]:
        assert self._crawler.stats
        parts = self._get(Health).parts
        now = time.monotonic()
        up = {(name,): float(part.gone_at is None) for name, part in parts.items()}
        away = {(name,): part.away_s + (now - gone if (gone := part.gone_at) else 0) for name, part in parts.items()}
        outages = {(name,): self._crawler.stats.get_value(f"health/{name}/gone", 0) for name in parts}
        yield _gauge("part_up", "1 while this dependency of the vantage point is up, otherwise 0.", ("part",), up)
        yield _counter("part_outages", "Number of outages.", ("part",), outages)
        yield _counter("part_away_seconds", "Total duration of outages.", ("part",), away)

    def _loop_lag(self) -> Metric:
        lag = self._get(LoopLag)
        bounds = [str(bound / 1000) for bound in BOUNDS_MS] + [_NO_BOUND]
        family = HistogramMetricFamily("ipv6matrix_loop_lag_seconds", "Delay of the event loop.")
        buckets = list(zip(bounds, accumulate(lag.classes), strict=True))
        family.add_metric((), buckets=buckets, sum_value=lag.total_ms / 1000)
        return family

    def _get(self, kind: type[Any]) -> Any:
        extension = self._crawler.get_extension(kind)
        assert extension is not None
        return extension


def _by_slot(numbers: Mapping[str, int], slots: Iterable[str]) -> Values:
    return {(slot,): numbers.get(slot, 0) for slot in slots}


def _pending(counts: Counts, slots: Iterable[str]) -> Values:
    return {(slot,): max(counts.pending(slot), 0) for slot in slots}


def _subjects(figures: Figures) -> dict[str, Share]:
    return {"domains": figures.domains, "hosts": figures.hosts, "addresses": figures.addresses}


def _counter(name: str, text: str, labels: tuple[str, ...], values: Values) -> Metric:
    return _filled(CounterMetricFamily(f"ipv6matrix_{name}", text, labels=labels), values)


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Values) -> Metric:
    return _filled(GaugeMetricFamily(f"ipv6matrix_{name}", text, labels=labels), values)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> Metric:
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
