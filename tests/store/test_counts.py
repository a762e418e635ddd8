"""Counts of requests and their outcomes."""

from __future__ import annotations

import pytest

from ipv6matrix.store import counts as module
from ipv6matrix.store.counts import Counts, weights
from ipv6matrix.store.database import Store
from tests import urls
from tests.samples import domain_item, domain_url, lookup, ping_item


def totals(store, key):
    return store.counts.asked[key], store.counts.done[key]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (urls.domain("a.example", ("NS", "MX")), {"dns": 1, "domains": 1}),
        (urls.guesses("a.example", ("www", "ntp", "six")), {"dns": 1, "hosts": 3}),
        (urls.host("ns.example"), {"dns": 1, "hosts": 1}),
        (urls.reverse("192.0.2.1"), {"dns": 1}),
        (urls.ping("2001:db8::1"), {"ping": 1}),
        (urls.tcp("192.0.2.1", (25, 80), starttls=True), {"tcp": 1}),
        (urls.trace("192.0.2.1"), {"trace": 1}),
        (urls.again(urls.ping("192.0.2.1")), {"ping": 1, "ping again": 1}),
        (urls.again(urls.domain("a.example", ("MX",))), {"dns": 1, "dns again": 1}),
    ],
)
def test_a_request_counts_for_its_slot_and_its_subjects(url, expected):
    """First requests count domains and hosts; each host in a set of guessed hosts counts."""
    assert expected == dict(weights(url))


def test_an_empty_frontier_has_counts_of_zero(store):
    """All counts are 0 before the first request."""
    assert (0, 0) == totals(store, "dns")


def test_requests_are_done_or_pending(store):
    """Follow-ups count as requests, duplicates count once, and a repeated answer completes its request once."""
    for name in ("a.example", "b.example", "a.example"):
        store.add_request(domain_url(name))
    assert (2, 0) == totals(store, "domains")

    for _ in range(2):
        store.complete(domain_item("a.example", follow_ups=("ping://192.0.2.1", domain_url("b.example"))))

    assert (2, 1) == totals(store, "domains")
    assert (1, 0) == totals(store, "ping")


def test_an_answer_that_cannot_be_stored_is_not_counted(store):
    """Counts are rolled back with the transaction."""
    store.add_request(domain_url("a.example"))
    with pytest.raises(UnicodeError):
        store.complete(domain_item("a.example", follow_ups=("ping://192.0.2.1", "ping://\udc80")))

    assert (1, 0) == totals(store, "dns")
    assert (0, 0) == totals(store, "ping")
    assert {} == store.counts.outcomes


def test_counts_survive_a_close(tmp_path):
    """A resumed crawl and other readers see the counts of the last commit."""
    first = Store(tmp_path / "ips.db")
    first.add_request(domain_url("x.example"))
    first.complete(domain_item("x.example", follow_ups=("ping://192.0.2.1",)))
    first.note(speed=3)
    first.close()

    for open_it in (Store, Store.read):
        again = open_it(tmp_path / "ips.db")
        assert first.counts == again.counts
        assert {"speed": 3} == again.noted
        again.close()


def test_uncommitted_counts_are_invisible(tmp_path):
    """Counts and rows are committed together: another process sees both or neither."""
    store = Store(tmp_path / "ips.db")
    store.add_request(domain_url("a.example"))
    store.commit()
    store.add_request(domain_url("b.example"))
    reader = Store.read(tmp_path / "ips.db")

    assert 1 == reader.counts.asked["dns"] == reader.count_pending("dns")
    reader.close()
    store.close()


def test_a_crawl_of_an_earlier_version_is_counted_once(tmp_path):
    """A database without stored counts is counted when it is opened for writing."""
    old = Store(tmp_path / "ips.db")
    old.add_request(domain_url("a.example"))
    old.complete(domain_item("a.example", follow_ups=("ping://192.0.2.1",)))
    old.commit()
    old.query("UPDATE frontier SET progress = NULL")
    old.close()
    store = Store(tmp_path / "ips.db")

    assert (1, 1) == totals(store, "domains")
    assert (1, 0) == totals(store, "ping")
    store.close()


def test_counts_survive_serialization():
    """Counts, with words of closed lists, are equal after conversion to text and back."""
    counts = Counts()
    counts.ask("ping://192.0.2.1")
    counts.answer(ping_item("192.0.2.1"))
    counts.answer(domain_item("a.example", ns=lookup("a.example", "NS")))

    assert (counts, {"at": 7}) == module.read(module.written(counts, {"at": 7}))
    assert (None, {}) == module.read(None)
