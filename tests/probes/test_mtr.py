"""mtr-packet processes: started, shared, mourned and ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ipv6matrix.probes.mtr import MtrError, MtrProcess, mtr_missing
from tests.probes.waiting import open_files, until


@pytest.fixture
async def started(internet):
    """Makes processes, and ends them after the test."""
    made = []

    def make(executable="mtr-packet"):
        made.append(MtrProcess(str(executable)))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def program(tmp_path):
    """Writes a stand-in for mtr-packet, which sees each request line as `words`."""

    def write(body):
        path = tmp_path / "mtr packet"
        path.write_text(
            f"#!{sys.executable}\nimport os, sys\ncount = 0\nfor line in sys.stdin:\n    words = line.split()\n"
            "    if words[1] == 'check-support':\n        print(words[0], 'feature-support support ok', flush=True)\n"
            "        continue\n    count += 1\n" + textwrap.indent(textwrap.dedent(body), "    ")
        )
        path.chmod(0o755)
        return path

    return write


async def probe(process, address="127.0.0.1", **more):
    """One probe of loopback."""
    local = "::1" if ":" in address else "127.0.0.1"
    return await process.probe(address, **{"ttl": 1, "local": local, "timeout_s": 2, **more})


def exists(pid):
    """Whether there is such a process, be it a zombie."""
    return Path(f"/proc/{pid}").exists()


def alive(pid):
    """Whether a process exists and is no zombie."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_probe_is_answered(started, address):
    """
    The address that answers and the time it took are told, over either family.
    """
    result = await probe(started(), address)

    assert ("reply", address, True) == (result.result, result.responder, 0 < result.time_ms < 100)


async def test_probes_share_a_process(started):
    """
    A thousand probes at once need one process, and none is lost to its limits.
    """
    process = started()
    results = await asyncio.gather(*(probe(process, f"127.0.{n >> 8}.{n & 255 | 1}") for n in range(1000)))

    assert {"reply"} == {result.result for result in results}
    assert 0 == process.in_flight


async def test_exhausted_means_wait(started, program):
    """
    "probes-exhausted" is asked again until there is an answer of the network's.
    """
    path = program("print(words[0], 'probes-exhausted' if count < 3 else 'no-reply', flush=True)")

    assert "no-reply" == (await probe(started(path))).result


async def test_a_process_that_dies_is_started_again(started):
    """
    Probes that were in flight when mtr-packet was killed are asked again of the next process.
    """
    process = started()
    await probe(process)
    first = process.pid
    asking = asyncio.ensure_future(probe(process, "198.18.200.1", local="127.0.0.1", timeout_s=1))
    await asyncio.sleep(0.05)
    os.kill(first, signal.SIGKILL)
    await asking

    assert (False, True) == (alive(first), alive(process.pid))


async def test_a_process_that_always_dies_is_given_up(started, program):
    """
    A program that ends at every request is an error after three starts, not an endless loop.
    """
    with pytest.raises(MtrError):
        await probe(started(program("os._exit(1)")))


async def test_a_program_that_is_not_there_is_an_error(started, tmp_path):
    """
    What cannot be started is an error, and leaves no file open.
    """
    before = open_files()
    with pytest.raises(MtrError):
        await probe(started(tmp_path / "nothing here"))
    await until(lambda: open_files() == before)


async def test_closing_ends_the_process(started):
    """
    A closed process is gone, leaves no zombie, and is not started again.
    """
    process = started()
    await probe(process)
    pid = process.pid
    await process.close()

    assert not exists(pid)
    with pytest.raises(MtrError):
        await probe(process)


def test_processes_end_with_us(internet):
    """
    When the crawler is killed, its mtr-packet ends too: its standard input does.
    """
    program = """
        import asyncio
        from ipv6matrix.probes.mtr import MtrProcess

        async def main():
            process = MtrProcess("mtr-packet")
            await process.probe("127.0.0.1", ttl=1, local="127.0.0.1", timeout_s=1)
            print(process.pid, flush=True)
            await asyncio.sleep(60)

        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as crawler:
        pid = int(crawler.stdout.readline())
        assert alive(pid)
        crawler.kill()

    asyncio.run(until(lambda: not alive(pid)))


def test_nothing_is_missing_here():
    """
    An mtr-packet that may send is no complaint.
    """
    assert mtr_missing() is None


def test_a_missing_program_is_told_with_its_mend():
    """
    Without mtr-packet the sentence says which package brings it.
    """
    assert "apt-get install mtr-tiny" in mtr_missing("mtr-packet-that-is-not-there")


def test_a_program_without_permission_is_told_with_its_mend(tmp_path):
    """
    An mtr-packet that cannot open its sockets is told apart from a missing one.
    """
    path = tmp_path / "mtr-packet"
    path.write_text("#!/bin/sh\necho 'Failure to open IPv4 sockets: Operation not permitted' >&2\nexit 1\n")
    path.chmod(0o755)

    assert f"setcap cap_net_raw+ep {path}" in mtr_missing(str(path))


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("setcap"),
    reason="only root can give a program a capability, and take it from everybody else",
)
def test_a_capability_that_nobody_may_have_is_told_with_its_mend(tmp_path):
    """
    Where the kernel does not run mtr-packet for the capability of its file, as in a container, the sentence says so.
    """
    path = shutil.copy(shutil.which("mtr-packet"), tmp_path)
    if subprocess.run(["setcap", "cap_net_raw+ep", path], check=False).returncode:
        pytest.skip("this file system keeps no capabilities")
    asked = f"from ipv6matrix.probes.mtr import mtr_missing; print(mtr_missing({path!r}))"

    told = subprocess.run(
        ["setpriv", "--bounding-set=-net_raw", sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert told.stdout.startswith(str(path))
    assert "--cap-add NET_RAW" in told.stdout
    assert "MTR_NOT_PERMITTED" in told.stdout
