"""
The contract of a frontier, as a state machine: any frontier must pass it.

A test class for an implementation names a function that opens it:

    class TestMine(contract.suite(open_mine)): ...
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ipv6matrix.frontier.base import Frontier
from ipv6matrix.items import Answered, ExclusionItem, slot_of
from tests import urls
from tests.samples import domain_item, domain_url, ping_item

ROOMS = {"dns": 3, "ping": 2}
# Few requests, so that they meet again and again. Three of them share a network.
DOMAINS = tuple(f"d{number}.example" for number in range(4))
ADDRESSES = ("192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1")
URLS = (*map(domain_url, DOMAINS), *map(urls.ping, ADDRESSES), urls.again(urls.ping(ADDRESSES[0])))


FOLLOW_UPS = st.lists(st.sampled_from(URLS), max_size=3, unique=True)


class Opened(Protocol):
    """A frontier with what its owner does to it."""

    frontier: Frontier

    def commit(self) -> None:
        """Make everything so far durable."""

    def close(self) -> None:
        """Make everything durable and close the frontier."""

    def kill(self) -> None:
        """Stop as a killed process does: nothing more is written."""

    def facts(self) -> set[str]:
        """Return the names and addresses that have facts."""


@dataclass
class State:
    """What a frontier must contain: requests in order, with those done, and the facts."""

    requests: dict[str, bool] = field(default_factory=dict)
    "Whether each request is done, in the order of adding."
    facts: set[str] = field(default_factory=set)
    discards: dict[str, int] = field(default_factory=dict)

    def copy(self) -> State:
        return State(dict(self.requests), set(self.facts), dict(self.discards))

    @property
    def pending(self) -> set[str]:
        return {url for url, is_done in self.requests.items() if not is_done}


class Contract(RuleBasedStateMachine):
    """Compares a frontier with a model of what is durable and what is not, through kills and closes."""

    open: Callable[[Path, dict[str, int]], Opened]

    @initialize(some=st.lists(st.sampled_from(URLS), min_size=1, max_size=6))
    def begin(self, some: list[str]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.durable, self.now = State(), State()
        self.opened = self.open(Path(self.folder.name), ROOMS)
        self.in_flight: set[str] = set()
        self.away: set[str] = set()
        "Requests that left without an answer, and were not put back."
        self.add(some)

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()
            self.folder.cleanup()

    @property
    def frontier(self) -> Frontier:
        return self.opened.frontier

    # --- what a crawl does ---

    @rule(some=st.lists(st.sampled_from(URLS), min_size=1, max_size=4))
    def add(self, some: list[str]) -> None:
        for url in some:
            assert (url not in self.now.requests) == self.frontier.add(url)
            self.now.requests.setdefault(url, False)

    @rule()
    def next(self) -> None:
        """Hand out a request of each slot."""
        for slot in ROOMS:
            if (url := self.frontier.next(slot)) is not None:
                assert slot == slot_of(url)
                assert url in self.waiting, "a request that is done, in flight or unknown was handed out"
                self.in_flight.add(url)

    @precondition(lambda self: self.in_flight or self.waiting)
    @rule(data=st.data(), follow_ups=FOLLOW_UPS)
    def complete(self, data: st.DataObject, follow_ups: list[str]) -> None:
        """Complete a request in flight, as after its answer."""
        self.store(self._one_in_flight(data), tuple(follow_ups))

    @precondition(lambda self: self.done)
    @rule(data=st.data(), follow_ups=FOLLOW_UPS)
    def complete_again(self, data: st.DataObject, follow_ups: list[str]) -> None:
        """A second copy of an answer doubles nothing."""
        self.store(self._one_of(data, self.done), tuple(follow_ups))

    def store(self, url: str, follow_ups: tuple[str, ...]) -> None:
        item, facts = _item(url, follow_ups)
        self.frontier.leave(url)
        self.frontier.complete(item)
        self.in_flight.discard(url)
        self.now.requests[url] = True
        self.now.facts |= facts
        for follow_up in follow_ups:
            self.now.requests.setdefault(follow_up, False)

    @precondition(lambda self: self.in_flight or self.waiting)
    @rule(data=st.data())
    def complete_in_vain(self, data: st.DataObject) -> None:
        """An item that cannot be written leaves nothing behind: neither facts nor follow-ups nor its mark."""
        item, _ = _item(self._one_in_flight(data), (*URLS[:2], "ping://\udc80"))
        with pytest.raises(UnicodeError):
            self.frontier.complete(item)

    @precondition(lambda self: self.in_flight or self.waiting)
    @rule(data=st.data(), is_returned=st.booleans())
    def leave(self, data: st.DataObject, is_returned: bool) -> None:
        """A request that is returned comes again; one that fails does so only in the next start."""
        url = self._one_in_flight(data)
        self.frontier.begin(url)
        self.frontier.leave(url)
        self.in_flight.discard(url)
        if is_returned:
            self.frontier.put_back(url)
        else:
            self.away.add(url)

    @rule(url=st.sampled_from(URLS))
    def discard(self, url: str) -> None:
        self.frontier.discard(url)
        if url in self.now.requests:
            self.now.discards[url] = self.now.discards.get(url, 0) + 1

    # --- commits and ends ---

    @rule()
    def commit(self) -> None:
        self.opened.commit()
        self.durable = self.now.copy()

    @precondition(lambda self: self.now.requests)
    @rule(is_killed=st.booleans())
    def reopen(self, is_killed: bool) -> None:
        """A kill loses what was not durable, and nothing else; after both ends, what was in flight is pending."""
        if is_killed:
            self.opened.kill()
            self.now = self.durable.copy()
        else:
            self.opened.close()
            self.durable = self.now.copy()
        self.in_flight, self.away = set(), set()
        self.opened = self.open(Path(self.folder.name), ROOMS)

    @precondition(lambda self: self.waiting and not self.in_flight)
    @rule()
    def drain(self) -> None:
        """Nothing is lost: every pending request is handed out, each once, as others make room."""
        expected, taken = self.waiting, []
        while urls_now := [url for slot in ROOMS if (url := self.frontier.next(slot)) is not None]:
            taken += urls_now
            for url in urls_now:
                self.frontier.leave(url)
        assert sorted(expected) == sorted(taken)
        assert not self.frontier.has_pending()
        for url in taken:
            self.frontier.put_back(url)

    # --- what always holds ---

    @invariant()
    def contains_what_it_should(self) -> None:
        if not hasattr(self, "opened"):
            return
        assert {url: url in self.now.requests for url in URLS} == {url: self.frontier.knows(url) for url in URLS}
        assert self.now.facts == self.opened.facts()
        flights = {slot: number for slot, (number, _) in self.frontier.in_flight.items()}
        assert {slot: sum(slot_of(url) == slot for url in self.in_flight) for slot in ROOMS} == flights
        assert all(number <= ROOMS[slot] for slot, number in flights.items())
        for url in URLS:
            first = urls.first(url)
            assert sum(self.now.discards.get(text, 0) for text in {url, first}) == self.frontier.discards(url)

    @property
    def waiting(self) -> set[str]:
        return self.now.pending - self.in_flight - self.away

    @property
    def done(self) -> set[str]:
        return {url for url, is_done in self.now.requests.items() if is_done}

    def _one_in_flight(self, data: st.DataObject) -> str:
        if not self.in_flight:
            self.next()
        return self._one_of(data, self.in_flight)

    @staticmethod
    def _one_of(data: st.DataObject, some: set[str]) -> str:
        return data.draw(st.sampled_from(sorted(some)))


def _item(url: str, follow_ups: tuple[str, ...]) -> tuple[Answered, set[str]]:
    """Return the item of an answer to a request, and the names and addresses that it has facts about."""
    parsed = urls.parse(url)
    more: dict[str, Any] = {"url": url, "follow_ups": follow_ups, "second": parsed.second}
    if parsed.second:
        return ExclusionItem(address=parsed.subject, reason="opted_out", **more), set()
    if slot_of(url) == "dns":
        return domain_item(parsed.subject, **more), {parsed.subject}
    item = ping_item(parsed.subject)
    item.follow_ups = follow_ups
    return item, {parsed.subject}


def suite(opening: Callable[[Path, dict[str, int]], Opened], *, examples: int = 60) -> type[Any]:
    """Return the test case that checks a frontier."""

    class Checked(Contract):
        open = staticmethod(opening)

    case = Checked.TestCase
    case.settings = settings(
        max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    return case
