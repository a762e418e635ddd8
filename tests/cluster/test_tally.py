"""Counters of a shared crawl."""

from __future__ import annotations

from ipv6matrix.cluster import tally
from tests import urls
from tests.samples import domain_item, domain_url, ping_item


def test_rows_are_the_counters():
    """Requests, answers and outcomes are restored from rows, and rows of two machines add up."""
    counts = tally.gained([domain_url("a.example"), urls.again(urls.ping("192.0.2.1"))], [domain_item("a.example")])
    other = tally.gained([urls.ping("192.0.2.1")], [ping_item("192.0.2.1", 1.0)])
    whole = tally.total([*tally.rows(counts), *tally.rows(other)])

    assert (1, 2, 1) == (whole.asked["domains"], whole.asked["ping"], whole.asked["ping again"])
    assert (1, 1) == (whole.done["domains"], whole.done["ping"])
    assert 1 == whole.outcomes["ping", "reply"]
    counts += other
    assert counts == whole
