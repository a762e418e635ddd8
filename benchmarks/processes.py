"""
Measures what sharing a crawl costs, and what several processes gain: `make bench-processes`.

Crawls the scaled scenario with one process that has its own database, then with one and with
several that share PostgreSQL on the same machine. All rates are off.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.crawl import RATES_OFF
from ipv6matrix.cluster.session import Session
from simnet import namespaces
from simnet.internet import Internet
from simnet.scaled import scaled
from tests import crawls, postgres

_HEAD: Final = f"{'':<24}{'wall':>10}{'domains/s':>11}{'CPU per domain':>16}{'of PostgreSQL':>15}{'database':>10}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One crawl."""

    wall_s: float
    cpu_s: float
    server_cpu_s: float = 0.0
    stored_bytes: int = 0
    "What the database of PostgreSQL has grown by."

    def line(self, name: str, domains: int) -> str:
        ms = 1000 / domains
        return (
            f"{name:<24}{self.wall_s:>8.1f} s{domains / self.wall_s:>11.1f}"
            f"{self.cpu_s * ms:>13.2f} ms{self.server_cpu_s * ms:>12.2f} ms{self.stored_bytes / domains / 1e3:>7.1f} kB"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with namespaces.unavailable_exits():
        namespaces.enter()
        print(_HEAD)
        print(_crawl(options.domains, {}).line("own database", options.domains), flush=True)
        for number in sorted({1, options.processes}):
            print(_shared(options.domains, number).line(f"shared, {number} processes", options.domains), flush=True)
    return 0


def _shared(domains: int, processes: int) -> Run:
    with postgres.running() as server:
        url = server.url()
        run = _crawl(domains, {"STORE_URL": url, "PROCESSES": processes})
        session = Session(empty := server.url(), "bench")
        session.join("bench")
        session.close()
        stored_bytes = _size(server, url) - _size(server, empty)
        before = _children_s()
        server.stop("fast")
        return replace(run, server_cpu_s=_children_s() - before, stored_bytes=stored_bytes)


def _crawl(domains: int, settings: Mapping[str, object]) -> Run:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as scratch,
        Internet(scaled(domains), scratch, record=False) as internet,
    ):
        log = Path(scratch) / "crawl.log"
        chosen = internet.settings() | RATES_OFF | crawls.folders(Path(scratch) / "crawls") | settings
        command = [*crawls.command(internet.domains_file, chosen), "--logfile", str(log)]
        began = time.monotonic()
        process = os.posix_spawn(command[0], command, os.environ)
        # Includes the processes that it has started and awaited.
        _, status, usage = os.wait4(process, 0)
        if status:
            sys.exit(f"the crawl failed: {log.read_text()[-3000:]}")
        return Run(wall_s=time.monotonic() - began, cpu_s=usage.ru_utime + usage.ru_stime)


def _size(server: postgres.Postgres, url: str) -> int:
    ((size,),) = server.execute(url.rpartition("/")[2], "SELECT pg_database_size(current_database())")
    return int(str(size))


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
