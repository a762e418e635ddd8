"""A list, read in turns with the event loop."""

from __future__ import annotations

import asyncio

import pytest

from ipv6matrix.targets import feeding as module
from ipv6matrix.targets import lists


@pytest.mark.parametrize("line", ["no domain\n", "# comment\n", "\n", "d.example\n"])
async def test_the_loop_gets_its_turn_whatever_the_lines_are(tmp_path, monkeypatch, line):
    """Invalid rows, comments and blank lines yield to other tasks as domains do."""
    monkeypatch.setattr(module, "_TURN_S", 0.0)
    monkeypatch.setattr(lists, "_PREAMBLE", 1)
    (tmp_path / "list").write_text(line * 2_000)
    others = 0

    async def read():
        return [entry async for entry in module.entries((tmp_path / "list",))]

    reading = asyncio.create_task(read())
    while not reading.done():
        await asyncio.sleep(0)
        others += 1
    await reading

    assert others > 1_000
