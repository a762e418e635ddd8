"""How many requests are done and how many are to be asked."""

from __future__ import annotations

import pytest

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import progress
from tests.samples import domain_item, domain_url, ping_item


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "ips.db")
    yield opened
    opened.close()


def test_an_empty_frontier_has_nothing_done_or_to_do(store):
    """
    Before the first request both numbers are 0.
    """
    assert (0, 0) == progress.requests(store)


def test_requests_are_done_or_pending(store):
    """
    Follow-ups count as pending, doubles count once.
    """
    for name in ("a.example", "b.example", "a.example"):
        store.ask(domain_url(name), "dns")
    assert (0, 2) == progress.requests(store)

    store.answer(domain_item("a.example"), [("ping://192.0.2.1", "ping"), (domain_url("b.example"), "dns")])
    assert (1, 2) == progress.requests(store)

    store.answer(ping_item("192.0.2.1"))
    assert (2, 1) == progress.requests(store)


def test_the_numbers_outlast_a_close(tmp_path):
    """
    A resumed crawl counts what was done before.
    """
    first = Store(tmp_path / "ips.db")
    first.answer(domain_item("x.example"), [(f"ping://192.0.2.{n}", "ping") for n in range(3)])
    first.answer(ping_item("192.0.2.0"))
    first.close()
    second = Store(tmp_path / "ips.db")

    assert (1, 2) == progress.requests(second)
    second.close()


def test_an_answer_that_cannot_be_stored_counts_nothing(store):
    """
    Requests that were rolled back with their answer are not counted.
    """
    with pytest.raises(UnicodeError):
        store.answer(domain_item("a.example"), [("ping://192.0.2.1", "ping"), ("ping://\udc80", "ping")])

    assert (0, 0) == progress.requests(store)
