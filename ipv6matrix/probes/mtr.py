"""
mtr-packet processes, through the mtrpacket library, shared by all traces.

mtr-packet sends a packet with a given TTL and tells who answered. Its binary
carries the privilege that takes, so Python needs none. Measured per probe, at
100 probes at once: mtrpacket 17 us as it is used here, 98 us as it comes
(getaddrinfo in a thread for each new address), a parser of our own 6 us.

Source: mtr-packet(8).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
import subprocess
from typing import Any

import mtrpacket

PROGRAM = "mtr-packet"

# mtr-packet takes 1,024 probes at once up to version 0.95; cancelled ones count until they time out.
_MAX_IN_FLIGHT = 900
_EXHAUSTED_WAIT_S = 0.1
_MAX_STARTS = 3
_START_TIMEOUT_S = 5.0
# How long after a probe's own timeout mtr-packet may be silent about it before it counts as dead.
_GRACE_S = 30.0


class MtrError(Exception):
    """No mtr-packet process that would send this probe."""


class _Literals(dict[tuple[str, int | None], tuple[str, int]]):
    """In place of mtrpacket's cache of getaddrinfo answers, which only grows: addresses need no resolution."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: tuple[str, int | None]) -> tuple[str, int]:
        return key[0], 6 if ":" in key[0] else 4


class MtrProcess:
    """One mtr-packet process, started again when it has died."""

    def __init__(self, executable: str) -> None:
        self._executable = executable
        self._packet: _Packet | None = None
        self._closed = False
        self._starting = asyncio.Lock()
        self._places = asyncio.Semaphore(_MAX_IN_FLIGHT)
        self.in_flight = 0

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._packet.process.pid if self._packet is not None and self._packet.process is not None else None

    async def close(self) -> None:
        """End the process. It also ends by itself, when its standard input does, should this process be killed."""
        self._closed = True
        async with self._starting:  # a start that is under way, or being undone, is waited for
            await self._end()

    async def probe(self, address: str, *, ttl: int, local: str, timeout_s: int) -> mtrpacket.ProbeResult:
        """One probe; MtrError when the process cannot be started or dies each time it is asked."""
        self.in_flight += 1
        try:
            async with self._places:
                for _ in range(_MAX_STARTS):
                    packet = await self._started()
                    with contextlib.suppress(mtrpacket.ProcessError, mtrpacket.StateError, TimeoutError):
                        return await _probe(packet, address, ttl=ttl, local_ip=local, timeout=timeout_s)
                    await self._bury(packet)
        finally:
            self.in_flight -= 1
        raise MtrError(f"{self._executable} ended {_MAX_STARTS} times")

    async def _started(self) -> _Packet:
        async with self._starting:
            if self._closed:
                raise MtrError("closed")
            if self._packet is None:
                self._packet = await _start(self._executable)
            return self._packet

    async def _bury(self, packet: _Packet) -> None:
        """Drop a process that has died, once: all its probes come here."""
        async with self._starting:
            if self._packet is packet:
                await self._end()

    async def _end(self) -> None:
        packet, self._packet = self._packet, None
        if packet is not None:
            await packet.close()


async def _probe(packet: _Packet, address: str, **arguments: Any) -> mtrpacket.ProbeResult:
    """One probe; to "probes-exhausted", which says nothing of the network, the answer is patience."""
    while True:
        async with asyncio.timeout(arguments["timeout"] + _GRACE_S):
            result = await packet.probe(address, **arguments)
        if result.result != "probes-exhausted":
            return result
        await asyncio.sleep(_EXHAUSTED_WAIT_S)


class _Packet(mtrpacket.MtrPacket):  # type: ignore[misc]
    """The library's process without its shell, its environment variable and its cache."""

    def __init__(self, executable: str) -> None:
        super().__init__()
        self._subprocess_name = executable
        self._dns_cache = _Literals()

    async def open(self) -> _Packet:
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(self._subprocess_name, stdin=pipe, stdout=pipe)
        self._result_task = asyncio.ensure_future(self._dispatch_results())
        self._opened = True
        if not await self.check_support("send-probe"):
            raise mtrpacket.ProcessError(f"{self._subprocess_name} cannot send probes")
        return self


async def _start(executable: str) -> _Packet:
    packet = _Packet(executable)
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            return await packet.open()
    except (OSError, mtrpacket.ProcessError) as error:  # a TimeoutError is an OSError
        await packet.close()
        raise MtrError(f"{executable} does not start") from error
    except asyncio.CancelledError:
        await packet.close()
        raise


def mtr_missing(executable: str = PROGRAM) -> str | None:
    """Return None if mtr-packet is installed and can send, otherwise an error message."""
    path = shutil.which(executable)
    if path is None:
        return f"{executable} not found. Install it with: apt-get install mtr-tiny [MTR_MISSING]"
    try:
        answer = subprocess.run(  # noqa: S603 - the program the operator has named
            [path], input=b"1 check-support feature send-probe\n", capture_output=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        if isinstance(error, OSError) and error.errno == errno.EPERM:
            # Its file has a capability that no process here may have (execve(2)).
            return (
                f"{path} cannot get CAP_NET_RAW. In a container, use: podman run --cap-add NET_RAW [MTR_NOT_PERMITTED]"
            )
        return f"{path} does not run ({error}). Reinstall it with: apt-get install --reinstall mtr-tiny [MTR_MISSING]"
    if b"support ok" in answer.stdout:
        return None
    return f"{path} cannot open raw sockets. As root, run: setcap cap_net_raw+ep {path} [MTR_NOT_PERMITTED]"
