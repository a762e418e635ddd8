"""How far a crawl is."""

from __future__ import annotations

import pytest

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
    return Pace(per_second=per_second, per_domain=per_domain or {})


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
    What is not read yet: lines less those read or, just after a resume, those asked about; none after its end.
    """
    assert expected == listing.unread(asked)


def test_a_listing_can_be_kept():
    """
    What is noted gives an equal listing; nothing noted, one that knows nothing.
    """
    assert READ == Listing.load(READ.dump())
    assert Listing() == Listing.load(None)


def test_domains_left_are_those_pending_and_those_unread():
    """
    A domain is left while it waits for its answer or stands in the unread rest of the list.
    """
    known = figures(counts({"domains": 30}, {"domains": 20}), Listing(lines=100, read=40), UNKNOWN).domains

    assert (20, 70, 10) == (known.done, known.left, known.pending)


def test_what_domains_lead_to_is_left_too():
    """
    Hosts left: those that wait, and for each unread line as many as a domain has led to.
    """
    known = figures(
        counts({"domains": 30, "hosts": 90}, {"hosts": 80}), Listing(lines=100, read=30), pace({}, {"hosts": 3.0})
    )

    assert (80, 10 + 70 * 3) == (known.hosts.done, known.hosts.left)


def test_what_cannot_be_told_is_not_told():
    """
    While the list is being read and nobody knows what a domain leads to, hosts, slots and time have no estimate.
    """
    known = figures(counts({"domains": 5, "dns": 5}, {}), Listing(lines=100, read=5), UNKNOWN)

    assert [None, None, None] == [known.hosts.left, known.slots["trace"].left, known.seconds_left]


def test_the_slowest_slot_tells_the_time():
    """
    All slots work at once, so the time left is that of the one that needs longest.
    """
    asked = {"dns": 100, "ping": 100, "trace": 100}
    done = {"dns": 90, "ping": 80, "trace": 40}

    assert 30.0 == figures(counts(asked, done), READ, pace({"dns": 1.0, "ping": 1.0, "trace": 2.0})).seconds_left


@pytest.mark.parametrize(("parked_s", "expected"), [(10.0, 30.0), (90.0, 90.0)])
def test_the_most_crowded_network_may_take_longer_than_any_slot(parked_s, expected):
    """
    Its rate decides then, whatever the speed of the slots that others still make use of.
    """
    known = Pace(per_second={"trace": 2.0}, per_domain={}, parked_s=parked_s)

    assert expected == figures(counts({"trace": 60}, {}), READ, known).seconds_left


def test_the_unread_list_counts_in_the_time():
    """
    A slot that has nothing waiting still has what unread domains will lead to.
    """
    known = figures(
        counts({"domains": 100, "dns": 800}, {"domains": 100, "dns": 800}),
        Listing(lines=300, read=100),
        pace({"dns": 16.0}, {"dns": 8.0, "ping": 0.0, "tcp": 0.0, "trace": 0.0}),
    )

    assert 100.0 == known.seconds_left


def test_a_slot_without_a_rate_leaves_the_time_open():
    """
    Something waits and nothing is answered: nobody knows how long that takes.
    """
    assert None is figures(counts({"ping": 5}, {}), READ, pace({"ping": 0.0})).seconds_left
    assert None is figures(counts({"ping": 5}, {}), READ, UNKNOWN).seconds_left


def test_when_nothing_is_left_it_takes_no_time():
    """
    A crawl that has asked all there is has 0 s left, at whatever rate.
    """
    assert 0.0 == figures(counts({"ping": 5}, {"ping": 5}), READ, UNKNOWN).seconds_left


def test_an_address_is_done_when_its_slowest_slot_is():
    """
    Ten pinged, seven with ports, four traced: four are done, and six are not.
    """
    asked = {"ping": 10, "tcp": 10, "trace": 10}
    known = figures(counts(asked, {"ping": 10, "tcp": 7, "trace": 4}), READ, UNKNOWN).addresses

    assert (4, 6, 6) == (known.done, known.left, known.pending)


def test_a_slot_that_is_not_used_does_not_count():
    """
    With METRICS=ping addresses are done once they are pinged; without any probe none is spoken of.
    """
    known = figures(counts({"ping": 10}, {"ping": 9}), READ, UNKNOWN).addresses
    none = figures(counts({"dns": 10}, {"dns": 10}), READ, UNKNOWN).addresses

    assert (9, 1) == (known.done, known.left)
    assert (0, 0) == (none.done, none.left)


def test_the_second_pass_makes_no_further_addresses():
    """
    Who is asked again was done before.
    """
    asked = {"ping": 13, "ping again": 3, "dns": 2, "dns again": 1}
    known = figures(counts(asked, {"ping": 11, "ping again": 1, "dns": 2, "dns again": 1}), READ, UNKNOWN)

    assert 10 == known.addresses.done
    assert 4 == known.again


def test_without_a_second_pass_none_is_told():
    """
    SECOND_PASS=False: no number of its questions.
    """
    assert None is figures(Counts(), READ, UNKNOWN, second_pass=False).again


def test_failures_are_sorted_and_findings_are_none():
    """
    The most frequent comes first; a closed port, silence and a refusal are no failures.
    """
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
