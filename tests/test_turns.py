"""Long work in turns."""

from __future__ import annotations

import asyncio
import inspect

from ipv6matrix import turns
from ipv6matrix.turns import FEW, Turns


async def test_long_work_lets_the_loop_run(monkeypatch):
    """Work that takes longer than a turn is interrupted, and is done in the order of its subjects."""
    clock = iter(range(10_000))
    monkeypatch.setattr(turns.time, "monotonic", lambda: float(next(clock)))
    rounds, done = [], []
    asyncio.get_running_loop().call_soon(rounds.append, 1)
    result = await Turns().for_each(lambda number: done.append((number, len(rounds))), range(FEW + 1), "result")

    assert ("result", list(range(FEW + 1))) == (result, [number for number, _ in done])
    assert [0, 1] == sorted({went for _, went in done})


async def test_long_works_take_turns_one_at_a_time(monkeypatch):
    """
    A second long work begins when the first has ended: together they do no more than one turn per iteration of the
    loop.
    """
    clock = iter(range(10_000))
    monkeypatch.setattr(turns.time, "monotonic", lambda: float(next(clock)))
    done: list[str] = []
    several = Turns()
    await asyncio.gather(*(several.for_each(lambda _, name=name: done.append(name), range(20), None) for name in "ab"))

    assert ["a"] * 20 + ["b"] * 20 == done


def test_short_work_needs_no_turn():
    """A few subjects are processed immediately, without a coroutine."""
    done: list[int] = []
    result = Turns().for_each(done.append, range(FEW), "result")

    assert not inspect.isawaitable(result)
    assert list(range(FEW)) == done
