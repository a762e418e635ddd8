"""A process that ends with its parent."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from ipv6matrix.cli import parent
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

PROGRAM = """
import sys, threading
from ipv6matrix.cli import parent
parent.stop_when_it_ends()
print("started", flush=True)
threading.Event().wait(60)
"""


def started(**more: object) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_the_end_of_the_parent_stops_it():
    """Its standard input ends then, and it gets SIGTERM."""
    with started(env=parent.environment()) as process:
        assert process.stdin is not None
        process.stdin.close()

        assert -signal.SIGTERM == process.wait(30)


def test_other_processes_do_not_read_their_input():
    """A crawl that a terminal or a timer has started goes on without it."""
    with started() as process:
        assert process.stdin is not None
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.kill()
