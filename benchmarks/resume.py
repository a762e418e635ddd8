"""
Measures how long a crawl of a large list takes to resume, and how much memory it needs: `make bench-resume`.

Fills a JOBDIR like that of a crawl killed half way through its list, evicts it from
the page cache, starts the command in the simulated Internet, waits until it looks up
a new domain, and prints the time and the memory until then. It fails if either
exceeds what is promised (docs/performance.md).
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from ipv6matrix.measurements.hosts import guesses
from ipv6matrix.measurements.ping import url as ping_url
from ipv6matrix.measurements.ports import url as ports_url
from ipv6matrix.measurements.records import url as records_url
from ipv6matrix.measurements.reverse import url as reverse_url
from ipv6matrix.measurements.trace import url as trace_url
from ipv6matrix.store.database import Store
from simnet import namespaces
from simnet.internet import Internet
from simnet.scaled import domain_name, scaled
from tests import crawls
from tests.typed import ROOT

MOST_S: Final = 60.0
MOST_MB: Final = 300.0
GIVE_UP_S: Final = 600.0
DOMAIN_TYPES: Final = ("NS", "MX", "SOA")
LABELS: Final = ("www", "www6", "ipv6", "www.ipv6", "six", "ntp", "time")
PORTS: Final = (80, 443, 25)
# Requests that were in flight when the crawl was killed.
IN_FLIGHT: Final = 200
AT: Final = 1_700_000_000
BATCH: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """The cost of starting a crawl."""

    domains: int
    done: int
    database_mb: float
    filled_s: float
    until_asked_s: float
    peak_mb: float
    "Largest resident set size until then."


def main() -> int:
    options = _options()
    with namespaces.unavailable_exits():
        namespaces.enter()
        resumed = measure(options.domains, options.done)
    print(report(resumed))
    return 0 if resumed.until_asked_s < MOST_S and resumed.peak_mb < MOST_MB else 1


def measure(domains: int, share_done: float) -> Resumed:
    """Fill a JOBDIR, start a crawl there and wait for the first new domain."""
    with (
        tempfile.TemporaryDirectory(prefix="resume-") as scratch,
        Internet(scaled(domains), scratch, record=False) as internet,
    ):
        place, done = Path(scratch) / "crawls", int(domains * share_done)
        began = time.monotonic()
        fill(place / "current" / "ips.db", done)
        filled_s = time.monotonic() - began
        size = (place / "current" / "ips.db").stat().st_size
        forget(place / "current" / "ips.db")
        log = Path(scratch) / "crawl.log"
        command = crawls.command(internet.domains_file, internet.settings() | crawls.folders(place))
        with log.open("w") as stream:
            began = time.monotonic()
            process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream, start_new_session=True)
        try:
            until_asked_s, peak_mb = _wait(process, place / "current" / "ips.db", done, began)
        except TimeoutError as error:
            sys.exit(f"{error}: {log.read_text()[-3000:]}")
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return Resumed(
            domains=domains,
            done=done,
            database_mb=size / 1e6,
            filled_s=filled_s,
            until_asked_s=until_asked_s,
            peak_mb=peak_mb,
        )


def report(resumed: Resumed) -> str:
    """Format the figures, one per line."""
    return "\n".join(
        [
            f"domains                 {resumed.domains}",
            f"done                    {resumed.done}",
            f"ips.db                  {resumed.database_mb:.0f} MB, filled in {resumed.filled_s:.0f} s",
            f"until the first new one {resumed.until_asked_s:.1f} s (at most {MOST_S:.0f})",
            f"peak memory             {resumed.peak_mb:.0f} MB (at most {MOST_MB:.0f})",
        ]
    )


def fill(path: Path, done: int) -> None:
    """Write what a crawl of that many domains would have stored: requests, hosts, addresses and their probes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        numbers = iter(range(done))
        while batch := list(islice(numbers, BATCH)):
            connection.execute("BEGIN")
            for table, rows in _rows(batch, done).items():
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.execute("COMMIT")
        connection.execute("UPDATE frontier SET newest = (SELECT max(number) FROM requests)")


def forget(path: Path) -> None:
    """Evict a file from the page cache, so that it is read from the disk, as after a reboot."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _rows(batch: list[int], done: int) -> dict[str, list[tuple[Any, ...]]]:
    tables: dict[str, list[tuple[Any, ...]]] = {
        name: []
        for name in (
            "domains (id, name, tld, asked_at)",
            "hosts (id, name, asked_at)",
            "lookups (owner, owner_id, type, status, asked_at)",
            "roles",
            "addresses (id, address, family, kind, found_at)",
            "host_addresses",
            "pings",
            "ports",
            "traces (address_id, reached_ttl, stop, asked_at)",
            "requests (url, slot, number, done_at)",
        )
    }
    domains, hosts, lookups, roles, addresses, host_addresses, pings, ports, traces, requests = tables.values()
    for n in batch:
        name, address = domain_name(n), f"2001:db8:{n >> 16:x}::{n & 65535:x}"
        domains.append((n + 1, name, name.rpartition(".")[2], AT))
        lookups.extend(("domain", n + 1, rdtype, "ok", AT) for rdtype in DOMAIN_TYPES)
        for k, label in enumerate(LABELS):
            host_id = n * len(LABELS) + k + 1
            hosts.append((host_id, f"{label}.{name}", AT))
            lookups.append(("host", host_id, "A", "nodata" if k else "ok", AT))
            lookups.append(("host", host_id, "AAAA", "nodata", AT))
            roles.append((n + 1, "WWW" if k < 5 else "NTP", host_id, 0))
        addresses.append((n + 1, address, 6, "benchmarking", AT))
        host_addresses.append((n * len(LABELS) + 1, 6, 1, n + 1, 1))
        pings.append((n + 1, 5, "[20.1,20.2,20.3,20.4,20.5]", None, AT))
        ports.extend((n + 1, port, 1, 20.5, None, AT) for port in PORTS)
        traces.append((n + 1, 6, "reached", AT))
        found_urls = (
            records_url(name, DOMAIN_TYPES),
            guesses(name, LABELS),
            reverse_url(address),
            ping_url(address),
            ports_url(address, PORTS, starttls=True),
            trace_url(address),
        )
        done_at = AT if n < done - IN_FLIGHT else None
        requests.extend(
            (url, url.partition(":")[0], n * len(found_urls) + k + 1, AT if k == 0 else done_at)
            for k, url in enumerate(found_urls)
        )
    return tables


def _wait(process: subprocess.Popen[bytes], path: Path, done: int, began: float) -> tuple[float, float]:
    """Return the seconds until a new domain has its row, and the largest resident set size by then."""
    query = f"SELECT 1 FROM domains WHERE id > {done} LIMIT 1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        while time.monotonic() < began + GIVE_UP_S and process.poll() is None:
            if connection.execute(query).fetchone():
                return time.monotonic() - began, _peak_mb(process.pid)
            time.sleep(0.05)
    raise TimeoutError("no new domain was looked up")


def _peak_mb(pid: int) -> float:
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match[1]) / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.resume", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--domains", type=int, default=1_000_000, help="number of domains of the list")
    parser.add_argument(
        "--done", type=float, default=0.5, help="share of them that is done, from the start of the list"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
