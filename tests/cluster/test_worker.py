"""One machine of a shared crawl."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import Collection, Sequence

import pytest

from ipv6matrix.cluster import owner, worker
from ipv6matrix.cluster.batch import Batch, HostOfAddress, Outlook, ZoneOfHost
from ipv6matrix.cluster.optouts import SharedOptOuts
from ipv6matrix.cluster.session import Session
from ipv6matrix.cluster.worker import Worker
from tests.cluster.machines import URLS, Start, complete, owns, take, until, with_requests
from tests.typed import ROOT


async def test_the_first_machine_owns_everything(start: Start, url: str):
    """What it adds is handed out at once."""
    machine = await with_requests(start, url)

    assert set(URLS) == take(machine)


async def test_a_machine_that_joins_gets_half(start: Start, url: str):
    """Pending requests move with their buckets, and each is handed out by one machine."""
    machine = await with_requests(start, url)
    other = start(url)
    await until(lambda: owns(machine, 8)() and owns(other, 8)())
    first, second = take(machine), take(other)

    assert set(URLS) == first | second
    assert not first & second
    assert first
    assert second


async def test_a_bucket_with_requests_in_flight_stays(start: Start, url: str):
    """It is given back when they are answered, so that nothing is sent twice."""
    machine = await with_requests(start, url)
    taken = take(machine)
    other = start(url)
    await until(lambda: bool(machine.frontier.leaving))
    await asyncio.sleep(0.5)
    assert not other.frontier.owned & set(map(owner.bucket, URLS))

    complete(machine, taken)

    await until(owns(other, 8))
    assert set() == take(other)


async def test_a_request_for_another_machine_reaches_it(start: Start, url: str):
    """Its owner hands it out, whichever machine finds it."""
    machine, other = start(url), start(url)
    await until(lambda: owns(machine, 8)() and owns(other, 8)())
    for text in URLS:
        machine.frontier.add(text)
    taken_urls: set[str] = set()

    def all_are_found() -> bool:
        taken_urls.update(take(machine) | take(other))
        return taken_urls == set(URLS)

    await until(all_are_found)
    assert {owner.bucket(text) for text in URLS} & other.frontier.owned


async def test_a_machine_that_cannot_work_gives_everything_back(start: Start, url: str):
    """Others take it."""
    machine, other = start(url), start(url)
    await until(lambda: owns(machine, 8)() and owns(other, 8)())
    machine.is_able = lambda: False

    await until(owns(machine, 0))


async def test_a_machine_that_stops_gives_everything_back(start: Start, url: str, caplog: pytest.LogCaptureFixture):
    """Its answers are committed, and others go on without a wait."""
    caplog.set_level(logging.INFO)
    machine = await with_requests(start, url)
    complete(machine, take(machine))
    await machine.stop()
    other = start(url)
    await until(owns(other, 16))

    assert set() == take(other)
    assert all(other.frontier.knows(text) for text in URLS)


async def test_a_request_without_an_answer_is_repeated(start: Start, url: str, monkeypatch: pytest.MonkeyPatch):
    """With many machines there is no next start that would hand it out again."""
    machine = start(url)
    await until(owns(machine, 16))
    machine.frontier.add(URLS[0])
    take(machine)
    machine.frontier.leave(URLS[0])
    assert set() == take(machine)
    monkeypatch.setattr("ipv6matrix.frontier.postgres._FORGOTTEN_S", 0.0)

    await until(lambda: take(machine) == {URLS[0]})


async def test_requests_of_other_machines_are_left_to_them(start: Start, url: str):
    """A failure before a bucket was given back is retried by its new owner alone."""
    machine, other = start(url), start(url)
    await until(lambda: owns(machine, 8)() and owns(other, 8)())
    text = next(text for text in URLS if owner.bucket(text) in other.frontier.owned)

    assert machine.frontier.knows(text)
    assert not other.frontier.knows(text)


async def test_what_a_machine_waited_for_is_waited_for_after_it_stops(
    start: Start, url: str, monkeypatch: pytest.MonkeyPatch
):
    """The next owner does not take it for a bucket that was given back."""
    monkeypatch.setattr(worker, "_TAKEOVER_S", 60.0)
    machine = start(url)
    await until(owns(machine, 16))
    assert machine._session is not None
    machine._session.close()
    await until(lambda: 16 == len(machine._waiting))
    await machine.stop()
    third = Session(url, "third")

    assert dict.fromkeys(range(16), False) == third.take(16)
    third.close()


async def test_answers_of_a_bucket_are_read_in_turns(start: Start, url: str):
    """The event loop runs between any two parts of them, so that replies are not delayed."""
    machine = await with_requests(start, url)
    complete(machine, take(machine))
    await machine.stop()
    other = start(url)
    turns, parts = 0, []
    restore = other.frontier.restore_answers

    def restored(texts: Sequence[str]) -> None:
        parts.append((turns, len(texts)))
        restore(texts)

    other.frontier.restore_answers = restored  # type: ignore[method-assign]
    while not owns(other, 16)():
        turns += 1
        await asyncio.sleep(0)

    assert len(URLS) == sum(number for _, number in parts)
    assert len(parts) == len({turn for turn, _ in parts}) > 1


@pytest.mark.slow
def test_processes_of_two_containers_have_two_names():
    """Each is process 1 of its container, on the same host."""
    code = "from ipv6matrix.cluster.worker import Worker; print(Worker('', '').name, flush=True); input()"
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = ["unshare", *user, "--pid", "--fork", sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    containers = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    names = [container.stdout.readline().strip() for container in containers]
    for container in containers:
        container.communicate("\n", timeout=60)

    assert all(name.endswith("-1") for name in names), names
    assert names[0] != names[1]


async def test_opt_outs_reach_all_machines(start: Start, url: str):
    """Those that take part, each time that the list changes, and those that join later."""
    known: dict[Worker, tuple[str, ...]] = {}

    def started() -> Worker:
        machine = start(url)
        machine.opted_out = lambda lines: known.update({machine: lines})
        return machine

    workers = [started(), started()]
    with SharedOptOuts(url) as opt_outs:
        assert ["a.example is opted out"] == opt_outs.add(["a.example"], "by mail")
        assert ["www.a.example is covered already, by a.example"] == opt_outs.add(["www.a.example"])
        await until(lambda: [("a.example  # by mail",)] * 2 == list(known.values()))
        workers.append(started())
        await until(lambda: [("a.example  # by mail",)] * 3 == list(known.values()))
        opt_outs.remove(["a.example"])
        assert [] == opt_outs.entries()

    await until(lambda: [()] * 3 == list(known.values()))


async def test_name_servers_are_read_again_only_if_there_may_be_new_ones(start: Start, url: str):
    """After a search of all owned buckets, only more links, or more buckets, lead to another one."""
    machine = start(url)
    await until(owns(machine, 16))
    other = Session(url, "other")
    home, host = owner.bucket_of_address("192.0.2.53"), owner.bucket_of_name("ns.example")

    async def found(*zones: str) -> list[str]:
        links = machine.frontier.links
        batch = Batch(zones={ZoneOfHost(host, "ns.example", zone) for zone in zones})
        batch.hosts = {HostOfAddress(home, "192.0.2.53", host, "ns.example")} if zones else set()
        other.exchange(batch, ())
        await until(lambda: machine.frontier.links > links or not zones)
        return [pair.zone async for chunk in machine.pairs(10) for pair in chunk]

    assert ["a.example"] == await found("a.example")
    assert [] == await found()
    assert ["a.example", "b.example"] == await found("b.example")
    machine.frontier.own({home}, ())
    assert ["a.example", "b.example"] == await found()
    other.close()


async def test_a_request_found_while_its_bucket_is_given_back_reaches_the_next_owner(start: Start, url: str):
    """An exchange takes time, in which the crawl goes on."""
    machine = start(url)
    await until(owns(machine, 16))
    assert machine._session is not None
    exchange, loop, texts = machine._session.exchange, asyncio.get_running_loop(), set[str]()

    async def find(some: set[str]) -> None:
        texts.update(some)
        for text in some:
            machine.frontier.add(text)

    def slow(batch: Batch, owned: Collection[int]) -> Outlook:
        some = {text for text in URLS if owner.bucket(text) in batch.released}
        asyncio.run_coroutine_threadsafe(find(some), loop).result(10)
        # The next owner has read the bucket before the request is stored.
        deadline = time.monotonic() + 10
        while batch.requests and not set(map(owner.bucket, texts)) <= other.frontier.owned:
            assert time.monotonic() < deadline, "the bucket does not move"
            time.sleep(0.02)
        return exchange(batch, owned)

    machine._session.exchange = slow  # type: ignore[method-assign]
    other = start(url)
    taken: set[str] = set()

    def all_are_taken() -> bool:
        taken.update(take(other))
        return bool(texts) and texts <= taken

    await until(all_are_taken)
