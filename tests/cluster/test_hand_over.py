"""Buckets that change hands in any order of events, as a model-based test over real workers."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ipv6matrix.cluster import owner, worker
from ipv6matrix.cluster.worker import Worker
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.store.database import Store
from tests import urls
from tests.postgres import Postgres, running
from tests.samples import ping_item

pytestmark = pytest.mark.database

URLS = tuple(urls.ping(f"192.0.{number}.1") for number in range(24))
MOST = 3
ROUNDS = 200


class _Server:
    """One database for all examples: its tables take a second to create."""

    postgres: Postgres
    url: str


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, running() as _Server.postgres:
        patch.setattr(owner, "BUCKETS", 16)
        # Nothing is sent here, so nothing has to be waited for.
        patch.setattr(worker, "_TAKEOVER_S", 0.0)
        _Server.url = _Server.postgres.url()
        yield


class HandOver(RuleBasedStateMachine):
    """
    Machines join, work, stop and are killed.

    A request is handed out again only if its machine was killed before the answer was stored,
    and in the end, all requests that were stored are answered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.machines: list[Worker] = []
        self.in_flight: dict[str, Worker] = {}
        self.answered: dict[str, Worker] = {}
        self.known: set[bytes] = set()
        "Keys of requests that were stored."
        self.joined = 0
        self.join()
        tables = ("pending", "answers", "workers", "counts")
        self.sql(*(f"DELETE FROM {table}" for table in tables))
        for _ in range(2):
            self.turn(self.machines[0])
        for url in URLS[::2]:
            self.machines[0].frontier.add(url)
        self.hand_out_of(self.machines[0])

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        result: list[tuple[object, ...]] = _Server.postgres.execute(_Server.url.rpartition("/")[2], *statements)
        return result

    def join(self) -> None:
        self.joined += 1
        machine = Worker(_Server.url, "plan")
        machine.name = f"here:{self.joined}"
        machine.open()
        machine.frontier = PostgresFrontier(Store(Path(self.folder.name) / f"{self.joined}.db"), {"dns": 3, "ping": 3})
        machine.changed = lambda: None
        self.machines.append(machine)

    @precondition(lambda self: len(self.machines) < MOST)
    @rule()
    def another_joins(self) -> None:
        self.join()

    @precondition(lambda self: self.machines)
    @rule(data=st.data(), texts=st.sets(st.sampled_from(URLS), min_size=1))
    def find(self, data: st.DataObject, texts: set[str]) -> None:
        machine = self.choose(data)
        for url in sorted(texts):
            machine.frontier.add(url)

    @precondition(lambda self: self.machines)
    @rule(data=st.data())
    def hand_out(self, data: st.DataObject) -> None:
        self.hand_out_of(self.choose(data))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        for url in data.draw(st.sets(st.sampled_from(sorted(self.in_flight)), min_size=1)):
            self.answer_to(url)

    @precondition(lambda self: self.machines)
    @rule(data=st.data())
    def exchange(self, data: st.DataObject) -> None:
        self.turn(self.choose(data))

    @rule()
    def all_exchange(self) -> None:
        for machine in self.machines * 3:
            self.turn(machine)

    @precondition(lambda self: self.machines)
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        self.work_of(self.choose(data))

    @precondition(lambda self: 0 < len(self.machines) < MOST)
    @rule()
    def a_guest_works(self) -> None:
        """It takes its share, answers some of it, and gives it back."""
        self.join()
        for _ in range(2):
            self.all_exchange()
        guest = self.machines[-1]
        self.work_of(guest)
        self.loop.run_until_complete(guest.stop())
        self.forget(guest)
        self.all_exchange()

    def work_of(self, machine: Worker) -> None:
        """Hand out and answer some requests, and store the answers."""
        while self.hand_out_of(machine):
            pass
        for url in [url for url, whose in self.in_flight.items() if whose is machine]:
            self.answer_to(url)
        self.turn(machine)

    @precondition(lambda self: self.machines)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        machine = self.choose(data)
        for url in [url for url, whose in self.in_flight.items() if whose is machine]:
            self.answer_to(url)
        self.known |= set(machine.frontier.batch.requests)
        self.loop.run_until_complete(machine.stop())
        self.forget(machine)

    @precondition(lambda self: self.machines)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        machine = self.choose(data)
        if machine._restoring is not None:
            machine._restoring.cancel()
        assert machine._session is not None
        machine._session.close()
        self.forget(machine)
        stored = {bytes(key) for (key,) in self.sql("SELECT key FROM answers")}  # type: ignore[call-overload]
        self.in_flight = {url: whose for url, whose in self.in_flight.items() if whose is not machine}
        self.answered = {
            url: whose for url, whose in self.answered.items() if whose is not machine or owner.key(url) in stored
        }

    def turn(self, machine: Worker) -> None:
        self.known |= set(machine.frontier.batch.requests)
        self.loop.run_until_complete(machine._turn())
        if machine._restoring is not None:
            self.loop.run_until_complete(machine._restoring)

    def choose(self, data: st.DataObject) -> Worker:
        return data.draw(st.sampled_from(self.machines))

    def forget(self, machine: Worker) -> None:
        self.machines.remove(machine)
        machine._thread.shutdown()
        machine.frontier._store.close()

    def hand_out_of(self, machine: Worker) -> bool:
        url = machine.frontier.next("ping")
        if url is None:
            return False
        assert url not in self.in_flight, f"{url} is in flight"
        assert url not in self.answered, f"{url} is answered"
        self.in_flight[url] = machine
        return True

    def answer_to(self, url: str) -> None:
        machine = self.answered[url] = self.in_flight.pop(url)
        machine.frontier.leave(url)
        machine.frontier.complete(ping_item(urls.parse(url).subject))

    def teardown(self) -> None:
        try:
            assert self.finish()
        finally:
            for machine in list(self.machines):
                self.loop.run_until_complete(machine.stop())
                self.forget(machine)
            self.loop.close()
            self.folder.cleanup()

    def finish(self) -> bool:
        """Return whether the machines answer all requests that are stored."""
        if not self.machines:
            self.join()
        for _ in range(ROUNDS):
            for machine in self.machines:
                self.turn(machine)
                while self.hand_out_of(machine):
                    pass
            for url in list(self.in_flight):
                self.answer_to(url)
            if not any(machine.frontier.batch.requests for machine in self.machines) and [(0,)] == self.sql(
                "SELECT count(*) FROM pending"
            ):
                return self.known <= {bytes(key) for (key,) in self.sql("SELECT key FROM answers")}
        return False


TestHandOver = HandOver.TestCase
TestHandOver.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
