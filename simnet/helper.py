"""
Helper processes: how the services of the simulated Internet are started, controlled and stopped.

A helper inherits its sockets and devices as open descriptors. Each stays in the
namespace in which it was created, so one process can serve several. The helper
reads commands from its standard input, one per line, and writes an answer to
each to its standard output; the first line that it writes is `ready`. It exits
at the end of its input.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
PR_SET_PDEATHSIG: Final = 1
PR_SET_TIMERSLACK: Final = 29


class Helper:
    """The parent's end of a helper process."""

    def __init__(self, module: str, *arguments: str, descriptors: Iterable[int] = ()) -> None:
        self.module = module
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"simnet.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=tuple(descriptors),
            env={**os.environ, "PYTHONPATH": path},
        )
        self._cpu_s = 0.0

    def wait(self) -> None:
        """Wait until the helper serves; raises RuntimeError if it exits instead (its traceback is on stderr)."""
        if self._read() != "ready":
            raise RuntimeError(f"the helper {self.module} did not start")

    def ask(self, command: str) -> str:
        """Send a command and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        self._process.stdin.flush()
        return self._read()

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, in seconds, including that of routing the packets it sends."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            self._cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass  # It has exited: return the last value.
        return self._cpu_s

    def stop(self) -> None:
        """Stop the helper and wait for its end."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().rstrip("\n")


def begin() -> None:
    """Make this process a helper: it ends with its parent and ignores Ctrl-C."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Sleeps of fractions of a millisecond must be exact: a timer slack of 1 us instead of 50.
    libc.prctl(PR_SET_TIMERSLACK, 1000)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def ready() -> None:
    """Report to the parent that the service is ready."""
    _say("ready")


def obey(commands: Callable[[str], str]) -> None:
    """Read and answer all waiting commands; exit at the end of the input."""
    text = os.read(0, 65536)
    if not text:
        sys.exit(0)
    for line in text.decode().splitlines():
        _say(commands(line))


def _say(line: str) -> None:
    os.write(1, line.encode() + b"\n")
