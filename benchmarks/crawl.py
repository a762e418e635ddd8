"""
Measures the speed and the cost of a crawl: `make bench`.

Crawls the scaled scenario with every metric on, rates off and a round-trip time of
about 20 ms, and prints figures of the whole process as the operating system
accounts for it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.summary import Summary, summary
from simnet import namespaces
from simnet.internet import Internet
from simnet.scaled import scaled
from tests import crawls

RATES_OFF = {"PROBE_RATE": 0, "PROBE_RATE_PER_NETWORK": 0, "QUERY_RATE": 0}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One crawl: its time, its cost, and its results."""

    wall_s: float
    cpu_s: float
    "CPU time of the processes of the crawl, including mtr-packet."
    internet_cpu_s: float
    peak_mb: float
    "Largest resident set size of a single process of the crawl."
    steady_s: float
    "Time between a tenth and nine tenths of the requests: without start-up and the last timeouts."
    queries: int
    figures: Summary
    database_bytes: int
    lag: dict[str, float]


def main() -> int:
    options = _options()
    with namespaces.unavailable_exits():
        namespaces.enter()
        run = measure(options.domains, options.set)
    print(report(run))
    return 0


def measure(domains: int, settings: list[str]) -> Run:
    """Crawl the scaled scenario once."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as scratch,
        Internet(scaled(domains), scratch, record=False) as internet,
    ):
        place = Path(scratch) / "crawls"
        chosen = internet.settings() | RATES_OFF | crawls.folders(place) | dict(word.split("=", 1) for word in settings)
        log = Path(scratch) / "crawl.log"
        command = [*crawls.command(internet.domains_file, chosen), "--logfile", str(log)]
        before, began = internet.statistics(), time.monotonic()
        internet_cpu_s = internet.cpu_seconds()
        process = os.posix_spawn(command[0], command, os.environ)
        _, status, usage = os.wait4(process, 0)
        wall_s = time.monotonic() - began
        if status:
            sys.exit(f"the crawl failed: {log.read_text()[-3000:]}")
        (path,) = place.glob("ips-*.db")
        store = Store.read(path)
        return Run(
            wall_s=wall_s,
            cpu_s=usage.ru_utime + usage.ru_stime,
            internet_cpu_s=internet.cpu_seconds() - internet_cpu_s,
            peak_mb=usage.ru_maxrss / 1024,
            steady_s=_steady_s(store),
            queries=_queries(internet.statistics()) - _queries(before),
            figures=summary(store),
            database_bytes=path.stat().st_size,
            lag=_lag(log.read_text()),
        )


def report(run: Run) -> str:
    """Format the figures, one per line."""
    domains, addresses = run.figures.domains, sum(run.figures.addresses.values())
    lines = [
        f"domains                 {domains}",
        f"wall                    {run.wall_s:.1f} s",
        f"domains/s               {domains / run.wall_s:.1f}",
        f"domains/s, steady       {0.8 * domains / run.steady_s:.1f}",
        f"addresses/s             {addresses / run.wall_s:.1f}",
        f"queries/s               {run.queries / run.wall_s:.0f}",
        f"CPU per domain          {1000 * run.cpu_s / domains:.2f} ms",
        f"CPU of the crawl        {100 * run.cpu_s / run.wall_s:.0f} % of one core",
        (
            f"CPU of the Internet     {100 * run.internet_cpu_s / run.wall_s:.0f} % of one core,"
            f" {100 * run.internet_cpu_s / (run.internet_cpu_s + run.cpu_s):.0f} % of all CPU time"
        ),
        f"peak memory             {run.peak_mb:.0f} MB",
        f"ips.db per domain       {run.database_bytes / domains:.0f} bytes",
    ]
    lines += [f"loop lag {name:<15}{value} ms" for name, value in run.lag.items()]
    return "\n".join(lines)


def _queries(statistics: dict[str, object]) -> int:
    resolver = statistics["resolver"]
    assert isinstance(resolver, dict)
    return int(resolver["answered"])


def _steady_s(store: Store) -> float:
    times = [done_at for (done_at,) in store.query("SELECT done_at FROM requests ORDER BY done_at")]
    return max(float(times[len(times) * 9 // 10] - times[len(times) // 10]), 1.0)


def _lag(log: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"'loop_lag/(\w+)_ms': ([\d.]+)", log)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crawl", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--domains", type=int, default=2000, help="number of domains to crawl")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the crawl")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
