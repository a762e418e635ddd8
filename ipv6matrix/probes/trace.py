"""
Trace: the path to an address, one Echo Request per TTL.

Sources: RFC 792 and RFC 4443 section 3.3 (Time Exceeded), 3.1 (Destination Unreachable).
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import time
from collections import Counter
from typing import Any, NamedTuple

from ipv6matrix.addresses import canonical_text
from ipv6matrix.items import Failure, Hop, Stop, TraceObservation
from ipv6matrix.probes import Pace, no_pace
from ipv6matrix.probes.failures import failure_of
from ipv6matrix.probes.mtr import PROGRAM, MtrError, MtrProcess, mtr_missing

__all__ = ["Tracer", "mtr_missing", "source_of"]

# Maximum number of probes per TTL.
_MAX_TRIES = 3
# Range of the delay before a doubtful TTL is probed again, in seconds: attackers guess in bursts, and routers limit
# their errors to one per half second.
_DOUBT_S = (0.25, 1.0)
# Number of TTLs at which the same router answers before the path counts as a loop.
_MAX_VISITS = 4
# Results of mtr-packet that mean that this machine could not send. With a responder, no-route comes from a router.
_FAILURES = {
    "no-route": Failure.NETWORK_UNREACHABLE,
    "network-down": Failure.NETWORK_UNREACHABLE,
    "permission-denied": Failure.PERMISSION_DENIED,
}


class Tracer:
    """
    Runs any number of traces at once, over a few mtr-packet processes.

    A trace has at most `window` TTLs in flight. It ends at the target, where a router
    reports it unreachable, where another address sends an Echo Reply, in a loop,
    after `gap_limit` silent TTLs in a row, or at `max_ttl`. A hop has `timeout_s` to
    answer. `local4` and `local6` are the source addresses (default: chosen by the
    routing table); `executable` is the path of mtr-packet.
    """

    def __init__(
        self,
        *,
        max_ttl: int = 30,
        timeout_s: float = 2.0,
        gap_limit: int = 5,
        window: int = 4,
        processes: int = 2,
        local4: str | None = None,
        local6: str | None = None,
        executable: str | None = None,
    ) -> None:
        self.max_ttl = max_ttl
        self.timeout_s = timeout_s
        self.gap_limit = gap_limit
        self.window = window
        self._local4 = local4
        self._local6 = local6
        self._processes = tuple(MtrProcess(executable or PROGRAM) for _ in range(processes))
        self._running = dict.fromkeys(self._processes, 0)

    async def open(self) -> None:
        """Do nothing: each process starts with its first probe. Call mtr_missing to check for it beforehand."""

    async def close(self) -> None:
        """Terminate the processes; running traces fail."""
        await asyncio.gather(*(process.close() for process in self._processes))

    async def trace(self, address: str, pace: Pace = no_pace) -> TraceObservation:
        """Trace the path to `address`. Never raises for anything the network or mtr-packet does."""
        try:
            local = (self._local6 if ":" in address else self._local4) or source_of(address)
        except OSError as error:
            return TraceObservation(failure=failure_of(error), asked_at=time.time())
        # All probes of a trace go to one process, which reads those that are sent together at once.
        process = min(self._running, key=self._running.__getitem__)
        self._running[process] += 1
        try:
            return await _Trace(self, process, address, local).run(pace)
        finally:
            self._running[process] -= 1


class _Claim(NamedTuple):
    """A message that would end a trace, from an address other than the target."""

    stop: Stop
    responder: str


class _Trace:
    """
    One path, hop by hop.

    mtr-packet matches replies to probes by numbers that an attacker can guess, so
    only an answer from the target itself ends a trace immediately. If another address
    claims the end of the path, or an address of the other family answers, the TTL is
    probed again once nothing else is in flight, up to three times in total. A claim
    counts if it is repeated and no probe got further; answers from the other family
    never count.
    """

    def __init__(self, tracer: Tracer, process: MtrProcess, address: str, local: str) -> None:
        self._tracer = tracer
        self._process = process
        self._address = address
        self._target = _canonical(address)
        self._local = _canonical(local)
        self._pending: dict[asyncio.Task[Any], int] = {}
        # asyncio.wait() would add a callback to each of them, and remove it, whenever one ends.
        self._arrived = asyncio.Event()
        self._hops: dict[int, Hop] = {}
        self._tries: Counter[int] = Counter()
        self._asked = 0
        self._last_answered = 0
        self._claims: dict[int, _Claim] = {}
        self._doubted: set[int] = set()
        self._end: int | None = None
        self._stop: Stop | None = None
        self._failure: Failure | None = None

    async def run(self, pace: Pace) -> TraceObservation:
        asked_at = None
        try:
            while self._pending or self._next():
                if self._next() and len(self._pending) < self._tracer.window:
                    if self._doubted:
                        await asyncio.sleep(random.uniform(*_DOUBT_S))  # noqa: S311 - need not be unpredictable
                    await pace(self._address)
                    asked_at = asked_at or time.time()
                    self._collect()  # replies received during the wait may have ended the trace
                    self._ask_next()
                else:
                    await self._arrived.wait()
                    self._collect()
        finally:
            self._drop(beyond=0)
        return self._observation(asked_at or time.time())

    def _next(self) -> int | None:
        """Return the TTL to probe next: a doubtful one once nothing is in flight, else the next one; None for none."""
        if self._failure is not None:
            return None
        if self._doubted:
            return None if self._pending else min(self._doubted)
        last = min(self._tracer.max_ttl, self._last_answered + self._tracer.gap_limit)
        return self._asked + 1 if self._end is None and self._asked < last else None

    def _ask_next(self) -> None:
        if ttl := self._next():
            self._asked = max(self._asked, ttl)
            self._tries[ttl] += 1
            self._doubted.discard(ttl)
            task = asyncio.ensure_future(self._probe(ttl))
            task.add_done_callback(self._note_arrival)
            self._pending[task] = ttl

    async def _probe(self, ttl: int) -> Any:
        """Send one probe; return a mtrpacket.ProbeResult, or None if no process runs."""
        whole_seconds = max(math.ceil(self._tracer.timeout_s), 1)  # mtr-packet accepts only these
        try:
            return await self._process.probe(self._address, ttl=ttl, local=self._local, timeout_s=whole_seconds)
        except MtrError:
            return None

    def _note_arrival(self, _: asyncio.Task[Any]) -> None:
        self._arrived.set()

    def _collect(self) -> None:
        """Process the results that have arrived."""
        self._arrived.clear()
        for task in [task for task in self._pending if task.done()]:
            ttl = self._pending.pop(task)
            if self._end is None or ttl <= self._end:
                self._note(ttl, task.result())
        if self._failure is not None:
            self._drop(beyond=0)
        elif self._end is not None:
            self._drop(beyond=self._end)

    def _note(self, ttl: int, result: Any) -> None:
        responder = _canonical(result.responder) if result is not None and result.responder else None
        if result is None:
            self._failure = Failure.PROBE_FAILED
        elif result.result == "no-reply" or (result.time_ms or 0) > self._tracer.timeout_s * 1e3:
            self._silent(ttl)
        elif responder is None:
            self._failure = _FAILURES.get(result.result, Failure.PROBE_FAILED)
        elif result.result == "no-route" and responder == self._local:
            self._failure = Failure.HOST_UNREACHABLE  # the first router does not respond
        elif (":" in responder) != (":" in self._target):
            self._doubt(ttl)
        else:
            self._answered(Hop(ttl=ttl, address=responder, rtt_ms=result.time_ms), responder, result.result)

    def _silent(self, ttl: int) -> None:
        self._hops[ttl] = Hop(ttl=ttl)
        if ttl in self._claims:
            self._doubt(ttl)

    def _doubt(self, ttl: int) -> None:
        """Probe a TTL again, unless the limit of tries is reached: then the hop counts as silent."""
        self._hops[ttl] = Hop(ttl=ttl)
        if self._tries[ttl] < _MAX_TRIES:
            self._doubted.add(ttl)

    def _answered(self, hop: Hop, responder: str, result: str) -> None:
        if responder == self._target:  # whatever the message, the probe reached the target
            self._settle(hop, Stop.REACHED)
        elif result == "ttl-expired":
            self._settle(hop, Stop.LOOP if self._loops(responder) else None)
        else:
            self._claim(hop, _Claim(Stop.OTHER_ADDRESS if result == "reply" else Stop.UNREACHABLE, responder))

    def _settle(self, hop: Hop, stop: Stop | None) -> None:
        """Record a hop."""
        self._hops[hop.ttl] = hop
        self._last_answered = max(self._last_answered, hop.ttl)
        if stop is not None:
            self._end, self._stop = hop.ttl, stop
            self._doubted = {ttl for ttl in self._doubted if ttl < hop.ttl}

    def _loops(self, responder: str) -> bool:
        """Return whether a router has answered so often that the path must contain a loop."""
        return sum(hop.address == responder for hop in self._hops.values()) >= _MAX_VISITS - 1

    def _claim(self, hop: Hop, claim: _Claim) -> None:
        if self._claims.get(hop.ttl) == claim and hop.ttl > self._last_answered:
            self._settle(hop, claim.stop)
        else:
            self._claims[hop.ttl] = claim
            self._doubt(hop.ttl)

    def _drop(self, *, beyond: int) -> None:
        """Cancel the probes in flight beyond a TTL."""
        for task in [task for task, ttl in self._pending.items() if ttl > beyond]:
            del self._pending[task]
            task.cancel()

    def _observation(self, asked_at: float) -> TraceObservation:
        gap = self._asked - self._last_answered >= self._tracer.gap_limit
        stop = self._stop or (Stop.GAP_LIMIT if gap else Stop.MAX_TTL)
        last = self._end or max(self._hops, default=0)
        return TraceObservation(
            hops=tuple(self._hops.get(ttl, Hop(ttl=ttl)) for ttl in range(1, last + 1)),
            stop=stop if self._failure is None else None,
            reached_ttl=self._end if stop is Stop.REACHED and self._failure is None else None,
            failure=self._failure,
            asked_at=asked_at,
        )


def _canonical(address: str) -> str:
    """Return an address in RFC 5952 form without a zone: the text by which addresses are compared and stored."""
    return canonical_text(address.partition("%")[0])


def source_of(address: str) -> str:
    """Return the source address the routing table selects for `address`; raise OSError if no route. Sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as unsent:
        unsent.connect((address, 9))
        return str(unsent.getsockname()[0])
