"""When the scheduler asks for more of the list."""

from __future__ import annotations

from ipv6matrix.signals import frontier_hungry
from tests import urls
from tests.crawlers import frontier, opened, scheduler
from tests.frontier.taking import ask, domains, take
from tests.samples import domain_item, domain_url


async def test_hungry_while_few_lookups_are_pending(tmp_path):
    """The list is read while fewer lookups are pending than a quarter of the resolver slot."""
    with opened(tmp_path, DNS_CONCURRENCY=8) as crawler:
        assert frontier(crawler).hungry
        ask(crawler, *domains(3))
        assert not frontier(crawler).hungry
        take(crawler, 1)
        assert not frontier(crawler).hungry
        take(crawler, 1)
        assert frontier(crawler).hungry
        ask(crawler, *domains(3))
        assert frontier(crawler).hungry, "known requests do not wait"


async def test_hunger_counts_pending_requests_of_a_resume(tmp_path):
    """Pending requests of an earlier start come before the rest of the list."""
    with opened(tmp_path, DNS_CONCURRENCY=8) as crawler:
        ask(crawler, *domains(6))
        take(crawler, 3)
        frontier(crawler).complete(domain_item("d0.example"))
    with opened(tmp_path, DNS_CONCURRENCY=8) as crawler:
        assert not frontier(crawler).hungry
        take(crawler, 4)
        assert frontier(crawler).hungry


async def test_hunger_counts_follow_ups(tmp_path):
    """Hosts from an answer are pending as well."""
    with opened(tmp_path, DNS_CONCURRENCY=8) as crawler:
        assert frontier(crawler).hungry
        hosts = tuple(urls.host(f"{n}.example") for n in range(3))
        frontier(crawler).complete(domain_item("a.example", follow_ups=hosts))

        assert not frontier(crawler).hungry


async def test_hunger_is_signalled(tmp_path):
    """Handing out nothing while hungry sends the signal that lets the spider continue with the list."""
    announcements = []

    def hear(**_):
        announcements.append(True)

    with opened(tmp_path) as crawler:
        crawler.signals.connect(hear, frontier_hungry)
        ask(crawler, domain_url("a.example"))
        scheduler(crawler).next_request()
        assert [] == announcements
        scheduler(crawler).next_request()

        assert [True] == announcements


async def test_pending_probes_do_not_affect_hunger(tmp_path):
    """Slow probes that are pending delay no domain of the list."""
    with opened(tmp_path, TRACE_CONCURRENCY=1) as crawler:
        ask(crawler, *(f"trace://192.0.2.{n}" for n in range(1, 9)))
        take(crawler)

        assert frontier(crawler).hungry


async def test_a_slot_far_behind_stops_the_hunger(tmp_path):
    """The list is not read while a slot has pending requests of ten times its room."""
    with opened(tmp_path, PING_CONCURRENCY=2) as crawler:
        ask(crawler, *(f"ping://192.0.2.{number}" for number in range(20)))
        assert frontier(crawler).hungry
        ask(crawler, "ping://192.0.2.20")
        assert not frontier(crawler).hungry
