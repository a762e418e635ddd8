"""mtr-packet processes: started, shared, restarted and ended."""

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
    """A function that starts processes, which are ended after the test."""
    made = []

    def make(executable="mtr-packet"):
        made.append(MtrProcess(str(executable)))
        return made[-1]

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def program(tmp_path):
    """A function that writes a stand-in for mtr-packet, which sees each request line as `words`."""

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
    """Send one probe to loopback."""
    local = "::1" if ":" in address else "127.0.0.1"
    return await process.probe(address, **{"ttl": 1, "local": local, "timeout_s": 2, **more})


def exists(pid):
    """Return whether a process exists, zombies included."""
    return Path(f"/proc/{pid}").exists()


def alive(pid):
    """Return whether a process exists and is not a zombie."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_a_probe_is_answered(started, address):
    """The reply has the responding address and the RTT, over either family."""
    result = await probe(started(), address)

    assert ("reply", address, True) == (result.result, result.responder, 0 < result.time_ms < 100)


async def test_probes_share_a_process(started):
    """A thousand concurrent probes need one process, and none is lost to its limits."""
    process = started()
    results = await asyncio.gather(*(probe(process, f"127.0.{n >> 8}.{n & 255 | 1}") for n in range(1000)))

    assert {"reply"} == {result.result for result in results}
    assert 0 == process.in_flight


@pytest.mark.crawl
async def test_exhausted_probes_are_retried(started, program):
    """
    "probes-exhausted" is retried until the network answers.
    """
    path = program("print(words[0], 'probes-exhausted' if count < 3 else 'no-reply', flush=True)")

    assert "no-reply" == (await probe(started(path))).result


async def test_a_dead_process_is_restarted(started):
    """Probes in flight when mtr-packet was killed are repeated by the next process."""
    process = started()
    await probe(process)
    first = process.pid
    asking = asyncio.ensure_future(probe(process, "198.18.200.1", local="127.0.0.1", timeout_s=1))
    await asyncio.sleep(0.05)
    os.kill(first, signal.SIGKILL)
    await asking

    assert (False, True) == (alive(first), alive(process.pid))


@pytest.mark.crawl
async def test_a_process_that_always_dies_is_not_restarted_forever(started, program):
    """A program that exits at every request is an error after three starts, not an endless loop."""
    with pytest.raises(MtrError):
        await probe(started(program("os._exit(1)")))


async def test_a_missing_program_is_an_error(started, tmp_path):
    """A program that cannot be started is an error and leaves no file open."""
    before = open_files()
    with pytest.raises(MtrError):
        await probe(started(tmp_path / "nothing here"))
    await until(lambda: open_files() == before)


async def test_closing_ends_the_process(started):
    """A closed process is gone, leaves no zombie, and is not restarted."""
    process = started()
    await probe(process)
    pid = process.pid
    await process.close()

    assert not exists(pid)
    with pytest.raises(MtrError):
        await probe(process)


@pytest.mark.crawl
def test_processes_end_with_the_crawler(internet):
    """When the crawler is killed, mtr-packet exits too, because its standard input ends."""
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


def test_a_working_program_is_not_reported():
    """An mtr-packet with permission to send leads to no error."""
    assert mtr_missing() is None


def test_a_missing_program_is_reported_with_its_fix():
    """The error names the package that contains mtr-packet."""
    assert "apt-get install mtr-tiny" in mtr_missing("mtr-packet-that-is-not-there")


def test_a_program_without_permission_is_reported_with_its_fix(tmp_path):
    """An mtr-packet that cannot open its sockets and a missing one are different errors."""
    path = tmp_path / "mtr-packet"
    path.write_text("#!/bin/sh\necho 'Failure to open IPv4 sockets: Operation not permitted' >&2\nexit 1\n")
    path.chmod(0o755)

    assert f"setcap cap_net_raw+ep {path}" in mtr_missing(str(path))


@pytest.mark.crawl
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("setcap"),
    reason="only root can give a program a capability, and take it from everybody else",
)
def test_an_unavailable_capability_is_reported_with_its_fix(tmp_path):
    """
    If the kernel cannot execute mtr-packet because of its file capability, as in a container, the error explains it.
    """
    path = shutil.copy(shutil.which("mtr-packet"), tmp_path)
    if subprocess.run(["setcap", "cap_net_raw+ep", path], check=False).returncode:
        pytest.skip("this file system keeps no capabilities")
    asked = f"from ipv6matrix.probes.mtr import mtr_missing; print(mtr_missing({path!r}))"

    process = subprocess.run(
        ["setpriv", "--bounding-set=-net_raw", sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert process.stdout.startswith(str(path))
    assert "--cap-add NET_RAW" in process.stdout
    assert "MTR_NOT_PERMITTED" in process.stdout
