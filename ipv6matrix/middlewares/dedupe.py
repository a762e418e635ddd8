"""
Looks up a host that records name once, and not at all if it has been guessed.
"""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from ipv6matrix import context, urls
from ipv6matrix.items import Answered, HostsItem, HostsObservation
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.signals import request_returned


class DedupeMiddleware:
    """
    Removes hosts from a request that have been resolved or are in flight.

    Most duplicates share a URL, which the frontier recognizes. The others are hosts guessed
    for one domain that are also MX or NS of another. Guesses are always looked up: what is
    measured of a host depends on its role, and which request comes first is chance.
    """

    def __init__(self, crawler: Crawler) -> None:
        shared = context.of(crawler)
        self._job = shared.job
        self._being_asked: set[str] = set()
        shared.stored.append(self._stored)
        crawler.signals.connect(self._returned, signal=request_returned)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> ObservationResponse | None:
        """Set meta["names"] to the names that remain to be resolved; return an empty answer if there are none."""
        if request.meta.get("download_slot") not in REGISTRY.slots or not urls.of(request).about_hosts:
            return None
        url = urls.of(request)
        opted_out = request.meta.get("opted_out", ())
        names = tuple(
            name for name in url.names if name not in opted_out and (url.about_known_hosts or self._is_new(name))
        )
        self._being_asked.update(names)
        request.meta["names"] = names
        return None if names else ObservationResponse(request, HostsObservation(hosts=()))

    def _is_new(self, name: str) -> bool:
        is_known = name in self._being_asked or self._job.attempt(
            lambda: self._job.store.is_asked(name), otherwise=True
        )
        return not is_known

    def _stored(self, item: Answered) -> None:
        if isinstance(item, HostsItem):
            self._being_asked.difference_update(host.name for host in item.hosts)

    def _returned(self, request: Request) -> None:
        self._being_asked.difference_update(request.meta.get("names", ()))
