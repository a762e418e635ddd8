"""
The registry: all measurements of the crawler, one line each.

A new measurement is a module here, a probe, a handler of its scheme, and a table in
`store/tables/`. One from another project registers itself with `REGISTRY.add`, for
example in an add-on of Scrapy (CONTRIBUTING.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Answered, ExclusionItem
from ipv6matrix.measurements.base import Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.hosts import Hosts
from ipv6matrix.measurements.name_servers import NameServers
from ipv6matrix.measurements.ntp import Ntp
from ipv6matrix.measurements.ping import Ping
from ipv6matrix.measurements.pmtu import Pmtu
from ipv6matrix.measurements.ports import Ports
from ipv6matrix.measurements.records import Records
from ipv6matrix.measurements.resolver6 import Resolver6
from ipv6matrix.measurements.reverse import Reverse
from ipv6matrix.measurements.third_parties import ThirdParties
from ipv6matrix.measurements.tls import Tls
from ipv6matrix.measurements.trace import Trace
from ipv6matrix.measurements.web import Web

# URLs remembered: those of requests in flight, and more.
_REMEMBERED: Final = 4096

AnyMeasurement = Measurement[Any, Any, Any]


class Registry:
    """Measurements, found by what identifies them: a URL, an observation, an item."""

    def __init__(self, first: AnyMeasurement, *others: AnyMeasurement) -> None:
        self._first = first
        self._all: list[AnyMeasurement] = []
        self.first_slot: str = first.scheme
        "The slot of the requests with which domains begin: those to the resolvers."
        self.slots: tuple[str, ...] = ()
        "The slots of all measurements."
        self.slots_of_addresses: tuple[str, ...] = ()
        "Slots whose first requests count addresses: one for each address that may be probed."
        self.metrics: tuple[str, ...] = ()
        "The words of METRICS that ask for a measurement."
        self.opt_in: tuple[str, ...] = ()
        "Those that `default` leaves out."
        self.findings: frozenset[Outcome] = frozenset()
        "Outcomes that are a `Failure` by their word, but results."
        self._by_scheme: dict[str, tuple[AnyMeasurement, ...]] = {}
        self._by_observation: dict[type[Any], AnyMeasurement] = {}
        self._by_item: dict[type[Answered], AnyMeasurement] = {}
        # A request's URL is looked at when it is added, handed out, sent and answered.
        self.of_url = lru_cache(_REMEMBERED)(self._of_url)
        "Return the measurement to which a URL belongs; raise LookupError if there is none."
        for measurement in (first, *others):
            self.add(measurement)

    def __iter__(self) -> Iterator[AnyMeasurement]:
        return iter(self._all)

    def add(self, measurement: AnyMeasurement) -> None:
        """Register a measurement; where measurements share a scheme, the first that claims a URL has it."""
        self._all.append(measurement)
        slot = measurement.slot or measurement.scheme
        self.slots = tuple(dict.fromkeys((*self.slots, slot)))
        self.slots_of_addresses += (slot,) if measurement.every_address else ()
        self.metrics += measurement.metrics
        self.opt_in += measurement.opt_in
        self.findings |= measurement.findings
        scheme = measurement.scheme
        self._by_scheme[scheme] = (*self._by_scheme.get(scheme, ()), measurement)
        self._by_observation[measurement.observation] = measurement
        self.of_url.cache_clear()
        self._by_item[measurement.item] = measurement

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes of all URLs, each with a handler."""
        return tuple(self._by_scheme)

    def _of_url(self, url: str) -> AnyMeasurement:
        measurements = self._by_scheme[url.partition(":")[0]]
        if len(measurements) == 1:
            return measurements[0]
        for measurement in measurements:
            if measurement.claims(url):
                return measurement
        raise LookupError(url)

    def of_observation(self, observation: Any) -> AnyMeasurement:
        """Return the measurement that made an observation."""
        return self._by_observation[type(observation)]

    def of_item(self, item: Answered) -> AnyMeasurement:
        """Return the measurement of an item; for an exclusion, the one that was excluded."""
        return self.of_url(item.url) if isinstance(item, ExclusionItem) else self._by_item[type(item)]

    def start(self, domain: str, plan: Plan) -> str:
        """Return the URL of the request with which each domain of the list begins."""
        (url,) = self._first.urls(Target(domain=domain), plan)
        return str(url)

    def urls(self, target: Target, plan: Plan) -> list[str]:
        """Return the URLs of all measurements but the first for a target."""
        return [url for measurement in self._all[1:] for url in measurement.urls(target, plan)]

    def is_answered(self, item: Answered) -> bool:
        """Return whether an item of the retry pass has an answer; an exclusion does not."""
        return not isinstance(item, ExclusionItem) and self.of_item(item).is_answered(item)

    def retries(self, failed: Failed, plan: Plan) -> list[str]:
        """Return the URLs that would request what failed."""
        return list(self._by_item[failed.item].retries(failed, plan))

    def outcomes(self, item: Answered) -> list[Outcome]:
        """Return the outcome of each probe of an item, or the reason why it was excluded."""
        measurement = self.of_item(item)
        return [(measurement.scheme, item.reason)] if isinstance(item, ExclusionItem) else measurement.outcomes(item)


REGISTRY: Final = Registry(
    Records(),
    ThirdParties(),
    Hosts(),
    Reverse(),
    Ping(),
    Ports(),
    Trace(),
    Ntp(),
    Pmtu(),
    Tls(),
    Web(),
    NameServers(),
    Resolver6(),
)
