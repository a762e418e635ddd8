"""What tests of the machines of a shared crawl do with them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ipv6matrix.cluster.worker import Worker
from tests import urls
from tests.samples import ping_item

URLS = tuple(urls.ping(f"192.0.{number}.1") for number in range(40))
Start = Callable[[str], Worker]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        await asyncio.sleep(0.02)


def owns(machine: Worker, number: int) -> Callable[[], bool]:
    return lambda: number == len(machine.frontier.owned)


def take(machine: Worker) -> set[str]:
    taken = set()
    while (url := machine.frontier.next("ping")) is not None:
        taken.add(url)
    return taken


def complete(machine: Worker, some: set[str]) -> None:
    for url in some:
        machine.frontier.leave(url)
        machine.frontier.complete(ping_item(urls.parse(url).subject))


async def with_requests(start: Start, url: str) -> Worker:
    """Return a machine that owns all buckets, with the requests of `URLS`."""
    machine = start(url)
    await until(owns(machine, 16))
    for text in URLS:
        machine.frontier.add(text)
    return machine
