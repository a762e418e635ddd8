"""The queue of one slot, and its handling of requests whose network has no budget."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipv6matrix.frontier import slots
from ipv6matrix.frontier.slots import Slot
from ipv6matrix.store.database import Store
from tests import urls
from tests.samples import ping_item

# Of 50 packets per second, five may be reserved in advance.
RATE, AHEAD = 50.0, 5


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    opened = Store(tmp_path / "ips.db")
    yield opened
    opened.close()


def pings(prefix, numbers):
    return [urls.ping(f"{prefix}{number:x}") for number in numbers]


CROWDED = pings("2001:db8:1::", range(1, 41))
OTHERS = [urls.ping(f"192.0.{number}.1") for number in range(40)]


def filled(store, *found_urls, room=400, rate=RATE, name="ping"):
    """Return a slot with pending requests."""
    slot = Slot(name, room, rate)
    for url in found_urls:
        slot.add(store.add_request(url), url)
    return slot


def take(slot, store, limit=10_000):
    taken = []
    while len(taken) < limit and (url := slot.take(store)) is not None:
        taken.append(url)
    return taken


@pytest.mark.parametrize(
    ("scheme", "network", "elsewhere"),
    [
        ("ping", "ping://[2001:db8:1:{}::1]", "ping://[2001:db8:2::1]"),
        ("ping", "ping://192.0.2.{}", "ping://192.0.3.1"),
        ("tcp", "tcp://192.0.2.{}?port=25&port=80", "tcp://192.0.3.1?port=25"),
        ("tcp", "tcp://[2001:db8:1:{}::1]?port=25&pass=2", "tcp://[2001:db8:2::1]?port=25&pass=2"),
        ("trace", "trace://192.0.2.{}", "trace://192.0.3.1"),
        ("trace", "trace://[2001:db8:1::{}]?pass=2", "trace://[2001:db8:2::1]?pass=2"),
        ("ns", "dns://192.0.2.{}/a.example?type=NS", "dns://192.0.3.1/a.example?type=NS"),
        ("ns", "dns://[2001:db8:1::{}]:5353/a.example?type=NS", "dns://[2001:db8:2::1]:5353/a.example?type=NS"),
    ],
)
def test_a_busy_network_does_not_delay_others(store, scheme, network, elsewhere):
    """
    For every scheme, a few requests of a network start until they have sent a packet, and later ones to others start
    immediately.
    """
    crowded = [network.format(number) for number in range(1, 21)]
    slot = filled(store, *crowded, elsewhere, name=scheme)

    assert [*crowded[:AHEAD], elsewhere] == take(slot, store)
    assert 20 - AHEAD == slot.parked == slot.waiting
    assert slot.has_pending(store)


def test_lookups_have_no_network(store):
    """Lookups, including those of the names of one network's addresses, are handed out in order."""
    lookups = [urls.reverse(f"192.0.2.{number}") for number in range(20)]
    lookups += [urls.host(f"mx{number}.example") for number in range(20)]

    assert lookups == take(filled(store, *lookups, name="dns"), store)


def test_without_a_rate_nothing_is_parked(store):
    """With PROBE_RATE_PER_NETWORK=0 networks do not matter."""
    assert CROWDED == take(filled(store, *CROWDED, rate=0), store)


@pytest.mark.parametrize(("rate", "ahead"), [(0.1, 1), (5, 1), (50, 5), (300, 30)])
def test_the_allowance_follows_from_the_rate(store, rate, ahead):
    """
    As many requests wait for their first packet as the network takes packets in a tenth of a second, at least one.
    """
    assert CROWDED[:ahead] == take(filled(store, *CROWDED, rate=rate), store)


def test_a_first_packet_releases_the_next_request(store):
    """The next request is the one found first; further packets of the same request have no effect."""
    slot = filled(store, *CROWDED)
    first, *_ = take(slot, store)

    assert slot.begin(first)
    assert not slot.begin(first)

    assert [CROWDED[AHEAD]] == take(slot, store)


def test_a_request_that_ends_without_a_packet_releases_the_next(store):
    """A middleware may have answered it; a request that has sent packets is not counted twice."""
    slot = filled(store, *CROWDED)
    first, second, *_ = take(slot, store)
    slot.leave(first)
    slot.begin(second)
    slot.leave(second)

    assert CROWDED[AHEAD : AHEAD + 2] == take(slot, store)


def test_requests_of_a_network_are_in_order_of_discovery(store):
    """A request that is found while others of its network are parked lines up behind them."""
    slot = filled(store, *CROWDED[:10])
    taken = take(slot, store)
    slot.add(store.add_request(CROWDED[10]), CROWDED[10])
    for url in CROWDED[:11]:
        slot.begin(url)
        taken += take(slot, store)

    assert CROWDED[:11] == taken


def test_networks_with_budget_take_turns(store):
    """Of two waiting networks, the one with more requests has no precedence."""
    fewer = pings("2001:db8:2::", range(1, 11))
    slot = filled(store, *CROWDED, *fewer)
    for url in take(slot, store):
        slot.begin(url)

    assert [CROWDED[5], fewer[5], CROWDED[6], fewer[6]] == take(slot, store, 4)


def test_busy_networks_take_a_sixteenth_while_others_are_ready(store):
    """However many requests of busy networks could start, others get the rest of the room."""
    slot = filled(store, *CROWDED, *OTHERS, room=32)
    for url in take(slot, store, AHEAD + 1):
        slot.begin(url)
        slot.leave(url)
    taken = take_all_begun(slot, store)

    assert (2, 30) == (len(set(taken) & set(CROWDED)), len(set(taken) & set(OTHERS)))


def test_busy_networks_take_half_of_an_idle_slot(store):
    """The other half is for later requests, because slow networks keep their places for long."""
    slot = filled(store, *CROWDED, room=20)
    for url in take(slot, store):
        slot.begin(url)
        slot.leave(url)

    assert 10 == len(take_all_begun(slot, store))


def test_busy_networks_leave_room_for_later_requests(store):
    """Lookups of very many hosts do not use the room that the rest of the list will need."""
    lookups = [urls.host(f"h{number}.flood.example") for number in range(60)]
    slot = filled(store, *lookups, room=64, name="dns")
    for url in take(slot, store):
        slot.leave(url)
    while slot.take(store, is_wanted=True):
        pass
    assert 64 // 16 == len(slot.in_flight)
    take(slot, store)

    assert 64 // 8 == len(slot.in_flight)


def take_all_begun(slot, store):
    """Take all available requests, while each sends its first packet immediately and stays in flight."""
    taken = []
    while (url := slot.take(store)) is not None:
        slot.begin(url)
        taken.append(url)
    return taken


def test_a_slot_with_one_place_serves_busy_networks(store):
    """A share of a small room is never 0."""
    slot = filled(store, *CROWDED, room=1)
    taken = []
    for _ in CROWDED:
        url = slot.take(store)
        taken.append(url)
        slot.begin(url)
        slot.leave(url)

    assert CROWDED == taken
    assert not slot.has_pending(store)


def test_a_returned_request_precedes_those_of_its_network(store):
    """It waits for budget as well, but before those that were never handed out."""
    slot = filled(store, *CROWDED[:10])
    first, *others = take(slot, store)
    slot.leave(first)
    assert [CROWDED[5]] == take(slot, store)
    slot.put_back(store.number_of(first), first)
    assert [] == take(slot, store)
    assert (5, 5) == (slot.waiting, slot.parked)

    slot.begin(others[0])

    assert [first] == take(slot, store)


def test_a_parked_request_that_is_done_is_skipped(store):
    """Its number leads to nothing, and the next one is handed out."""
    slot = filled(store, *CROWDED[:8])
    first, *_ = take(slot, store)
    store.complete(ping_item("2001:db8:1::6"))
    slot.begin(first)

    assert [CROWDED[6]] == take(slot, store)
    assert 1 == slot.waiting == slot.parked


def test_parked_requests_survive_the_process(store):
    """Parked requests are in the database alone: a new slot hands out everything that is not done, in order."""
    slot = filled(store, *CROWDED, *OTHERS)
    take(slot, store)
    for url in CROWDED[:3]:
        store.complete(ping_item(urls.parse(url).subject))

    again = Slot("ping", 400, RATE)
    again.waiting = store.count_pending("ping")
    taken = take(again, store)
    for url in taken:
        again.begin(url)
        taken += take(again, store)

    assert sorted([*CROWDED[3:], *OTHERS]) == sorted(taken)
    assert CROWDED[3:] == [url for url in taken if url in CROWDED]


class CountingStore:
    """Counts the rows that a slot reads from a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows = 0

    def pending(self, *arguments):
        rows = self._store.pending(*arguments)
        self.rows += len(rows)
        return rows

    def pending_url(self, *arguments):
        self.rows += 1
        return self._store.pending_url(*arguments)


def test_skipped_requests_are_read_once_and_stored_as_numbers(store):
    """Ten thousand requests of one network before another one cost a row each, in chunks, and 8 bytes each."""
    crowd = pings("2001:db8:1::", range(1, 10_001))
    slot = filled(store, *crowd, OTHERS[0])
    counting = CountingStore(store)
    taken, turns = take(slot, counting), 1
    while slot.is_skipping:
        taken += take(slot, counting)
        turns += 1

    assert [*crowd[:AHEAD], OTHERS[0]] == taken
    assert 10_001 == counting.rows
    assert turns >= 10_000 / slots._CHUNK
    assert sum(sys.getsizeof(crowd.parked) for crowd in slot._crowds.values()) < 10_000 * 10
    assert len(slot._ready) <= slots._CHUNK

    for url in crowd[:50]:
        slot.begin(url)
        take(slot, counting)
    assert 10_001 + 50 == counting.rows


def test_networks_are_forgotten_with_their_requests(store):
    """A network without requests leaves nothing behind, whichever way they ended."""
    slot = filled(store, *CROWDED, *OTHERS, room=7)
    while url := slot.take(store):
        if url in CROWDED:
            slot.begin(url)
        slot.leave(url)

    assert ({}, {}, 0, 0) == (slot._crowds, slot._unsent, slot.waiting, slot.parked)


class Requests:
    """Stores requests in memory as a Store does, for hundreds of runs."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def pending(self, _, after, limit):
        return list(enumerate(self.urls[after : after + limit], start=after + 1))

    def pending_url(self, _, number):
        return self.urls[number - 1]

    def number_of(self, url):
        return self.urls.index(url) + 1


@given(
    networks=st.lists(st.integers(0, 3), min_size=1, max_size=60),
    moves=st.lists(st.tuples(st.sampled_from(["add", "take", "begin", "leave", "back"]), st.integers(0, 59))),
    room=st.integers(1, 12),
    rate=st.sampled_from([0.0, 1.0, 20.0, 50.0]),
    chunk=st.sampled_from([3, slots._CHUNK]),
)
def test_each_request_is_handed_out_exactly_once(networks, moves, room, rate, chunk):
    """In any order of events the limits hold, and all requests are handed out in the end."""
    store, slot = Requests(), Slot("ping", room, rate)
    found_urls = [urls.ping(f"192.0.{network}.{number}") for number, network in enumerate(networks)]
    unasked, flying, unsent, done = found_urls[::-1], [], set(), []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(slots, "_CHUNK", chunk)
        for move, number in [
            *moves,
            *[("add", 0)] * len(found_urls),
            *[("take", 0), ("begin", 0), ("leave", 0)] * 3 * len(found_urls),
        ]:
            if move == "add" and unasked:
                store.urls.append(unasked.pop())
                slot.add(len(store.urls), store.urls[-1])
            elif move == "take" and (url := slot.take(store)) is not None:
                assert url not in flying
                assert url not in done
                flying.append(url)
                unsent.add(url)
            elif move == "begin" and flying:
                slot.begin(flying[number % len(flying)])
                unsent.discard(flying[number % len(flying)])
            elif move == "leave" and flying:
                url = flying.pop(number % len(flying))
                slot.leave(url)
                unsent.discard(url)
                done.append(url)
            elif move == "back" and flying:
                url = flying.pop(number % len(flying))
                slot.put_back(store.number_of(url), url)
                unsent.discard(url)
            assert len(flying) == len(slot.in_flight) <= room
            assert slot.waiting == len(found_urls) - len(unasked) - len(flying) - len(done) >= slot.parked
            by_network = [urls.crowd(url) for url in unsent]
            assert not rate or all(by_network.count(network) <= max(1, rate / 10) for network in by_network)

    assert sorted(found_urls) == sorted(done)
