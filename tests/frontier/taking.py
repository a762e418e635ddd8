"""Requests given to a scheduler and taken from it, as the engine does."""

from __future__ import annotations

from tests import urls
from tests.crawlers import scheduler
from tests.samples import domain_url


def ask(crawler, *found_urls):
    return [scheduler(crawler).enqueue_request(urls.request(url)) for url in found_urls]


def take(crawler, limit=1000):
    """Take requests from the frontier until it has no more or there are enough."""
    taken = []
    while len(taken) < limit and (request := scheduler(crawler).next_request()) is not None:
        taken.append(request)
    return taken


def found_urls(requests):
    return [request.url for request in requests]


def leave(crawler, request):
    scheduler(crawler).left(request)


def domains(number):
    return [domain_url(f"d{n}.example") for n in range(number)]


def comings_back(crawler):
    """Collect the delays in seconds for which the engine schedules another call."""
    noted = []
    crawler.engine._slot.nextcall.schedule = noted.append
    return noted
