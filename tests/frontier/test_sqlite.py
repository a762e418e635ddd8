"""The frontier in SQLite."""

from __future__ import annotations

from pathlib import Path

from ipv6matrix.frontier.sqlite import SqliteFrontier
from ipv6matrix.store.database import Store
from tests.frontier import contract


class Opened:
    """A frontier with the database that it is in."""

    def __init__(self, folder: Path, rooms: dict[str, int]) -> None:
        self._store = Store(folder / "ips.db")
        # A killed process needs no disk that has written everything, only a power cut does.
        self._store._connection.execute("PRAGMA synchronous = OFF")
        self.frontier = SqliteFrontier(self._store, rooms, rate_per_network=1.0)

    def commit(self) -> None:
        self._store.commit()

    def close(self) -> None:
        self._store.close()

    def kill(self) -> None:
        # SQLite rolls the open transaction back, as it does when it finds the file of a killed process.
        self._store._connection.close()

    def facts(self) -> set[str]:
        names = "SELECT name FROM domains"
        addresses = "SELECT address FROM pings JOIN addresses ON addresses.id = address_id"
        rows = self._store.query(f"{names} UNION ALL {addresses}")
        assert len(rows) == len(set(rows)), "a fact is stored twice"
        return {str(text) for (text,) in rows}


TestSqlite = contract.suite(Opened)
