"""Machines that share a crawl, and its database."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ipv6matrix.cluster import owner, worker
from ipv6matrix.cluster.worker import Worker
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.store.database import Store
from tests.cluster.machines import Start
from tests.postgres import Postgres


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.url()


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    """Return a function that starts one more machine."""
    monkeypatch.setattr(owner, "BUCKETS", 16)
    monkeypatch.setattr(worker, "_EVERY_S", 0.05)
    monkeypatch.setattr(worker, "_LONGEST_WAIT_S", 0.2)
    monkeypatch.setattr(worker, "_TAKEOVER_S", 0.5)
    workers: list[Worker] = []
    stores: list[Store] = []

    def renewed() -> Store:
        stores.append(Store(tmp_path / f"{time.monotonic_ns()}.db"))
        return stores[-1]

    def started(url: str) -> Worker:
        machine = Worker(url, "plan")
        machine.open()
        machine.frontier = PostgresFrontier(renewed(), {"dns": 100, "ping": 100})
        machine.renewed, machine.changed, machine.record = renewed, lambda: None, lambda: "{}"
        machine.start()
        workers.append(machine)
        return machine

    yield started
    for machine in workers:
        await machine.stop()
    for store in stores:
        store.close()
