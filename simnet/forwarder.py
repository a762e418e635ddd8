"""
The forwarder: carries packets between TUN devices, each link with its constant delay.

Replaces netem, which not every kernel has. One process, one queue per
direction: the delay is constant, so packets leave in the order of arrival
and a deque is the only data structure.

    python -m simnet.forwarder RECORD|- UPPER:LOWER:DELAY_MS …

The first link is the vantage point's: packets entering at its upper end are recorded.
Commands: `drop`, `drop 4`, `drop 6`, `drop 4 6` (families dropped on the first link
from now on), `flush` (write the record to its file), `stats`.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from dataclasses import dataclass, field
from io import FileIO
from os import read, write
from select import select
from time import monotonic, time

from simnet import helper, packets

# Longer bursts would hold back packets that are due.
BURST = 64
MTU = 2048


@dataclass(slots=True)
class Direction:
    """One direction of a link."""

    source: int
    target: int
    delay_s: float
    recorded: bool = False
    queue: deque[tuple[float, bytes]] = field(default_factory=deque)


class Forwarder:
    """Moves packets until its parent ends it."""

    def __init__(self, record: str, links: list[tuple[int, int, float]]) -> None:
        self._directions: dict[int, Direction] = {}
        for upper, lower, delay_s in links:
            self._directions[upper] = Direction(upper, lower, delay_s)
            self._directions[lower] = Direction(lower, upper, delay_s)
        self._first = {links[0][0], links[0][1]}
        self._directions[links[0][0]].recorded = record != "-"
        self._record = None if record == "-" else FileIO(record, "w")
        self._recorded: list[bytes] = []
        self._dropped: frozenset[int] = frozenset()
        self._lost = self._moved = 0

    def run(self) -> None:
        """Forward packets forever, with select, whose timeout has microseconds; in Python, epoll's has milliseconds."""
        sources = [*self._directions, 0]
        directions = list(self._directions.values())
        helper.ready()
        while True:
            due = min((direction.queue[0][0] for direction in directions if direction.queue), default=None)
            timeout = None if due is None else max(0.0, due - monotonic())
            for source in select(sources, (), (), timeout)[0]:
                if source:
                    self._take(self._directions[source])
                else:
                    helper.obey(self._command)
            for direction in directions:
                if direction.queue:
                    self._deliver(direction)

    def _take(self, direction: Direction) -> None:
        source, delay_s, append = direction.source, direction.delay_s, direction.queue.append
        dropped = self._dropped if source in self._first else ()
        try:
            for _ in range(BURST):
                packet = read(source, MTU)
                if direction.recorded:
                    self._recorded.append(packets.record(packet, time()))
                if dropped and packet[0] >> 4 in dropped:
                    continue
                append((monotonic() + delay_s, packet))
        except BlockingIOError:
            pass
        if len(self._recorded) > 4096:
            self._flush()

    def _deliver(self, direction: Direction) -> None:
        queue, target, now = direction.queue, direction.target, monotonic()
        while queue and queue[0][0] <= now:
            try:
                write(target, queue.popleft()[1])
                self._moved += 1
            except OSError:
                self._lost += 1

    def _flush(self) -> None:
        if self._record is not None:
            self._record.write(b"".join(self._recorded))
        self._recorded.clear()

    def _command(self, line: str) -> str:
        word, *arguments = line.split()
        if word == "drop":
            self._dropped = frozenset(int(family) for family in arguments)
        elif word == "flush":
            self._flush()
        return json.dumps({"moved": self._moved, "lost": self._lost})


def main(record: str, *links: str) -> None:
    helper.begin()
    parts = [link.split(":") for link in links]
    Forwarder(record, [(int(upper), int(lower), float(delay_ms) / 1000) for upper, lower, delay_ms in parts]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
