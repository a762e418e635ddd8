"""The frontier in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ipv6matrix.cluster import owner
from ipv6matrix.cluster.session import Session
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.store.database import Store
from tests.frontier import contract
from tests.postgres import running

pytestmark = pytest.mark.database
TABLES = ("pending", "answers", "discards")


class Opened:
    """A frontier whose machine owns all buckets, with its session."""

    def __init__(self, folder: Path, rooms: dict[str, int], server: Callable[[], str]) -> None:
        is_new = not (folder / "used").exists()
        (folder / "used").touch()
        self._file = folder / f"copy-{time.monotonic_ns()}.db"
        self._store = Store(self._file)
        self.frontier = PostgresFrontier(self._store, rooms, rate_per_network=1.0)
        self._session = Session(server(), "here")
        self._session.join("{}")
        if is_new:
            for table in TABLES:
                self._session._connection.execute(f"DELETE FROM {table}")
        taken: dict[int, bool] = {}
        while len(taken) < owner.BUCKETS:
            taken |= self._session.take(owner.BUCKETS - len(taken))
        for page in self._session.answers(taken):
            self.frontier.restore_answers(page)
        self.frontier.own(taken, self._session.listed(taken))
        self.frontier.restore_requests(self._session.pending(taken))
        self.frontier.restore_discards(self._session.discards(taken))
        self.frontier.is_quiet = True

    def commit(self) -> None:
        self._session.exchange(self.frontier.take_batch(), self.frontier.owned)

    def close(self) -> None:
        self.commit()
        self.kill()

    def kill(self) -> None:
        self._session.close()
        self._store.close()

    def facts(self) -> set[str]:
        names = "SELECT name FROM domains"
        addresses = "SELECT address FROM pings JOIN addresses ON addresses.id = address_id"
        return {str(text) for (text,) in self._store.query(f"{names} UNION ALL {addresses}")}


class _Server:
    """Starts with the first frontier of the tests."""

    url = ""


@pytest.fixture(scope="module", autouse=True)
def server():
    # Few buckets, because each example locks all of them several times.
    with pytest.MonkeyPatch.context() as patch, running() as server:
        patch.setattr(owner, "BUCKETS", 16)
        _Server.url = server.url()
        yield server


def opened(folder: Path, rooms: dict[str, int]) -> Opened:
    return Opened(folder, rooms, lambda: _Server.url)


# Each takes a quarter of a second, and a fault is found within a few.
class TestPostgres(contract.suite(opened, examples=30)): ...
