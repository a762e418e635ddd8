"""Progress figures of a crawl."""

from __future__ import annotations

import pytest

from ipv6matrix.measurements import REGISTRY
from ipv6matrix.progress.figures import Listing, figures
from ipv6matrix.progress.pace import UNKNOWN, Pace
from ipv6matrix.store.counts import Counts

READ = Listing(lines=10, read=10, ended=True)


def counts(asked, done, outcomes=None):
    made = Counts()
    made.asked.update(asked)
    made.done.update(done)
    made.outcomes.update(outcomes or {})
    return made


def pace(per_second, per_domain=None):
    known = dict.fromkeys(REGISTRY.slots, 0.0) | per_domain if per_domain else {}
    return Pace(per_second=per_second, per_domain=known)


@pytest.mark.parametrize(
    ("listing", "asked", "expected"),
    [
        (Listing(), 5, None),
        (Listing(lines=100, read=40), 30, 60),
        (Listing(lines=100, read=2), 30, 70),
        (Listing(lines=100, read=120), 30, 0),
        (Listing(lines=100, read=90, ended=True), 90, 0),
    ],
)
def test_the_rest_of_the_list(listing, asked, expected):
    """
    Unread lines: all lines minus those read or, just after a resume, those requested; none after the end of the list.
    """
    assert expected == listing.unread(asked)


def test_a_listing_survives_serialization():
    """A stored listing is equal when read back; without a stored one nothing is known."""
    assert READ == Listing.load(READ.dump())
    assert Listing() == Listing.load(None)


def test_remaining_domains_are_pending_or_unread():
    """A domain remains while it waits for its answer or is in the unread rest of the list."""
    known = figures(counts({"domains": 30}, {"domains": 20}), Listing(lines=100, read=40), UNKNOWN).domains

    assert (20, 70, 10) == (known.done, known.left, known.pending)


def test_remaining_follow_ups_are_estimated():
    """Remaining hosts are the pending ones, and for each unread line as many as a domain has led to."""
    known = figures(
        counts({"domains": 30, "hosts": 90}, {"hosts": 80}), Listing(lines=100, read=30), pace({}, {"hosts": 3.0})
    )

    assert (80, 10 + 70 * 3) == (known.hosts.done, known.hosts.left)


def test_without_data_there_is_no_estimate():
    """
    While the list is being read and the follow-ups per domain are unknown, hosts, slots and time have no estimate.
    """
    known = figures(counts({"domains": 5, "dns": 5}, {}), Listing(lines=100, read=5), UNKNOWN)

    assert [None, None, None] == [known.hosts.left, known.slots["trace"].left, known.seconds_left]


def test_the_slowest_slot_determines_the_time():
    """All slots work concurrently, so the remaining time is that of the slowest one."""
    asked = {"dns": 100, "ping": 100, "trace": 100}
    done = {"dns": 90, "ping": 80, "trace": 40}

    assert 30.0 == figures(counts(asked, done), READ, pace({"dns": 1.0, "ping": 1.0, "trace": 2.0})).seconds_left


@pytest.mark.parametrize(("parked_s", "expected"), [(10.0, 30.0), (90.0, 90.0)])
def test_the_busiest_network_may_take_longer_than_any_slot(parked_s, expected):
    """Its rate decides then, whatever the speed of slots that still have other requests."""
    known = Pace(per_second={"trace": 2.0}, per_domain={}, parked_s=parked_s)

    assert expected == figures(counts({"trace": 60}, {}), READ, known).seconds_left


def test_the_unread_list_counts_in_the_time():
    """A slot without pending requests still has the follow-ups of unread domains."""
    known = figures(
        counts({"domains": 100, "dns": 800}, {"domains": 100, "dns": 800}),
        Listing(lines=300, read=100),
        pace({"dns": 16.0}, {"dns": 8.0, "ping": 0.0, "tcp": 0.0, "trace": 0.0}),
    )

    assert 100.0 == known.seconds_left


def test_a_slot_without_a_rate_leaves_the_time_open():
    """If requests are pending and none is answered, the remaining time is unknown."""
    assert None is figures(counts({"ping": 5}, {}), READ, pace({"ping": 0.0})).seconds_left
    assert None is figures(counts({"ping": 5}, {}), READ, UNKNOWN).seconds_left


def test_a_complete_crawl_has_no_remaining_time():
    """A crawl that has made all requests has 0 s left, at any rate."""
    assert 0.0 == figures(counts({"ping": 5}, {"ping": 5}), READ, UNKNOWN).seconds_left


def test_an_address_is_done_when_its_slowest_slot_is():
    """Ten pinged, seven with ports, four traced: four are done, and six are not."""
    asked = {"ping": 10, "tcp": 10, "trace": 10}
    known = figures(counts(asked, {"ping": 10, "tcp": 7, "trace": 4}), READ, UNKNOWN).addresses

    assert (4, 6, 6) == (known.done, known.left, known.pending)


def test_an_unused_slot_does_not_count():
    """With METRICS=ping addresses are done once they are pinged; without any probe there is no figure."""
    known = figures(counts({"ping": 10}, {"ping": 9}), READ, UNKNOWN).addresses
    none = figures(counts({"dns": 10}, {"dns": 10}), READ, UNKNOWN).addresses

    assert (9, 1) == (known.done, known.left)
    assert (0, 0) == (none.done, none.left)


def test_the_retry_pass_adds_no_addresses():
    """An address that is retried was done before."""
    asked = {"ping": 13, "ping again": 3, "dns": 2, "dns again": 1}
    known = figures(counts(asked, {"ping": 11, "ping again": 1, "dns": 2, "dns again": 1}), READ, UNKNOWN)

    assert 10 == known.addresses.done
    assert 4 == known.again


def test_without_a_retry_pass_there_is_no_figure():
    """With SECOND_PASS=False the number of retries is absent."""
    assert None is figures(Counts(), READ, UNKNOWN, second_pass=False).again


def test_failures_are_sorted_and_findings_are_left_out():
    """The most frequent comes first; a closed port, silence and an exclusion are not failures."""
    outcomes = {
        ("dns", "timeout"): 3,
        ("tcp", "timeout"): 7,
        ("tcp", "connection_refused"): 50,
        ("dns", "connection_refused"): 1,
        ("ping", "no_reply"): 9,
        ("ping", "opted_out"): 9,
        ("dns", "ok"): 99,
    }

    assert [("tcp timeout", 7), ("dns timeout", 3), ("dns connection_refused", 1)] == list(
        figures(counts({}, {}, outcomes), READ, UNKNOWN).failures.items()
    )
