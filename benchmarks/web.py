"""
Measures the response times of the website's API: `make bench-web`.

Generates summaries of sixty crawls, in SQLite and in MariaDB, and sends requests to a
server in a separate process: first every kind of request with an empty cache, often
enough for the 95th percentile, then cached views, as fast as one core serves them.
Prints each figure next to what is promised (docs/performance.md), and fails if one is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from ipv6matrix.web.app import create_app
from ipv6matrix.web.kept import MOST_BYTES, KeptAnswers
from tests import mariadb
from tests.typed import ROOT
from tests.web import large

ANSWER_MS: Final = 50.0
SEARCH_MS: Final = 20.0
KEPT_PER_SECOND: Final = 200.0
# Configuration of a server with tables of this size and a program like this one on the same machine.
SERVER: Final = ("--innodb-buffer-pool-size=2G", "--innodb-log-file-size=512M", "--max-statement-time=0")

_FIGURES: Final = ("hosts", "dualstack", "ping", "path", "reach", "domains")
_NAME: Final = large.name(1)
QUESTIONS: Final = (
    *(f"/json/{resource}" for resource in _FIGURES),
    *(f"/json/{resource}/group-country" for resource in _FIGURES),
    *(f"/json/{resource}/group-tld" for resource in _FIGURES),
    *(f"/json/{resource}/group-type" for resource in _FIGURES[:4]),
    "/json/reach/group-service",
    *(f"/{form}/hosts/group-country" for form in ("csv", "xml", "html")),
    *(f"/json/hosts/group-{group}/country-us" for group in ("tld", "type", "country")),
    *(f"/json/hosts?{filters}" for filters in ("tlds=com,de", "types=www", "types=www,mx&tlds=com", "min-sample=100")),
    *(f"/json/hosts/group-country?{filters}" for filters in ("tlds=com", "types=www", "min-sample=1000")),
    "/json/hosts/group-country?types=www,mx&tlds=com,de",
    "/json/hosts/group-tld?min-sample=10000",
    "/json/hosts/group-tld?types=www&min-sample=10000",
    "/json/reach/group-country?tlds=de",
    "/json/country-us",
    "/json/country-us?types=www&tlds=com",
    f"/json/domain-{_NAME}",
    "/json/domain/search-a",
    "/json/domain/search-bsite79",
    f"/json/domain/search-{_NAME}",
    "/api/v1",
    "/api/v1/crawls",
    "/api/v1/countries",
    "/api/v1/tlds?limit=1000&sort=-hosts",
    "/api/v1/hosts?group=country&limit=1000",
    "/api/v1/hosts?group=country&from=2024-01-01&sort=-ipv6_share",
    "/api/v1/hosts?group=tld&limit=1000",
    "/api/v1/hosts?group=tld&sort=-date",
    "/api/v1/hosts?group=tld&sort=-hosts&limit=1000",
    "/api/v1/hosts?group=tld&offset=80000",
    "/api/v1/hosts?group=country&tld=com,de,net&type=WWW",
    "/api/v1/reachability?group=service",
    "/api/v1/reachability?group=tld&country=US",
    "/api/v1/penetration?group=tld&sort=-ipv6_share&least=100",
    "/api/v1/domains?limit=1000",
    "/api/v1/domains?prefix=asite&country=DE",
    "/api/v1/domains?country=IH&limit=1000",
    "/api/v1/domains?ipv6=unknown&limit=1000",
    f"/api/v1/domains/{_NAME}",
    f"/api/v1/domains/{_NAME}/badge.svg",
    "/api/v1/changes/domains?limit=1000",
    "/api/v1/changes/domains?country=IH&change=lost",
    "/api/v1/changes/countries",
    "/api/v1/changes/tlds?limit=1000",
    "/api/v1/tables",
)
KEPT: Final = ("/json/hosts/group-country", "/api/v1/crawls", "/api/v1/tlds", "/json/domain/search-a")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Response times of one request."""

    question: str
    octets: int
    first_ms: float
    median_ms: float
    p95_ms: float

    @property
    def promised_ms(self) -> float:
        return SEARCH_MS if "/search-" in self.question else ANSWER_MS

    @property
    def verdict(self) -> str:
        return "" if self.p95_ms < self.promised_ms else "MISSED"


def main() -> int:
    options = _options()
    if options.serve:
        return serve(options.serve, options.kept)
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="web-", dir=options.folder) as scratch:
        for kind in options.databases.split(","):
            with _database(kind, Path(scratch)) as url:
                verdicts += bench(kind, url, options)
    return 1 if "MISSED" in verdicts else 0


def bench(kind: str, url: str, options: argparse.Namespace) -> list[str]:
    """Measure over one database, print the figures and return what was missed."""
    begun = time.monotonic()
    large.fill(url, options.crawls, options.domains)
    print(f"\n{kind}: {options.crawls} crawls generated in {time.monotonic() - begun:.0f} s\n", flush=True)
    with serving(url, 0) as port:
        measured = [measure(port, question, options.times) for question in QUESTIONS]
    with serving(url, MOST_BYTES, core=0) as port:
        rates = {question: rate(port, question, options.seconds) for question in KEPT}
    print(report(measured, rates), flush=True)
    slow = ["MISSED" for found in rates.values() if found < KEPT_PER_SECOND]
    return [*slow, *(one.verdict for one in measured)]


def measure(port: int, question: str, times: int) -> Measured:
    """Send the request repeatedly over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found = [_ask(connection, question) for _ in range(times + 1)]
    connection.close()
    first, *took = (took_ms for took_ms, _ in found)
    took.sort()
    return Measured(
        question=question,
        octets=found[0][1],
        first_ms=first,
        median_ms=took[len(took) // 2],
        p95_ms=took[-(-len(took) * 95 // 100) - 1],
    )


def rate(port: int, question: str, seconds: float) -> float:
    """Return the number of answers per second, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    _ask(connection, question)
    count, begun = 0, time.monotonic()
    while time.monotonic() < begun + seconds:
        _ask(connection, question)
        count += 1
    connection.close()
    return count / (time.monotonic() - begun)


def _ask(connection: http.client.HTTPConnection, question: str) -> tuple[float, int]:
    begun = time.perf_counter()
    connection.request("GET", question, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took_ms = 1000 * (time.perf_counter() - begun)
    if answer.status != 200:
        sys.exit(f"{question} returned status {answer.status}: {body[:300]!r}")
    return took_ms, len(body)


def report(measured: list[Measured], rates: dict[str, float]) -> str:
    """Format the figures as tables."""
    lines = [f"{'first':>9} {'median':>9} {'p95':>9} {'promised':>9} {'sent':>9}  request"]
    lines += [
        f"{one.first_ms:>6.1f} ms {one.median_ms:>6.1f} ms {one.p95_ms:>6.1f} ms {one.promised_ms:>6.0f} ms"
        f" {one.octets / 1000:>6.1f} kB  {one.question}  {one.verdict}".rstrip()
        for one in measured
    ]
    lines += ["", "cached, on one core:"]
    lines += [f"{found:>9.0f}/s {KEPT_PER_SECOND:>6.0f}/s promised  {question}" for question, found in rates.items()]
    return "\n".join(lines)


@contextlib.contextmanager
def serving(url: str, kept: int, core: int | None = None) -> Iterator[int]:
    """Run a server in a separate process, optionally on one core, and yield its port."""
    command = [sys.executable, "-m", "benchmarks.web", "--serve", url, "--kept", str(kept)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        yield port
    finally:
        process.terminate()
        process.wait(30)


def serve(url: str, kept: int) -> int:
    """Run as that server."""
    config = uvicorn.Config(create_app(url, "/nowhere", KeptAnswers(kept)), log_config=None, access_log=False)
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.suppress(KeyboardInterrupt):
        # As `scrapy serve` does.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


@contextlib.contextmanager
def _database(kind: str, scratch: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{scratch / 'matrix.db'}"
        return
    if packages := mariadb.missing():
        sys.exit(f"MariaDB is not installed: apt-get install {' '.join(packages)}")
    with mariadb.running(*SERVER) as server:
        yield server.url()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.web", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--databases", default="sqlite,mariadb", help="kinds of databases, separated by commas")
    parser.add_argument("--crawls", type=int, default=60, help="number of crawls to generate")
    parser.add_argument("--domains", type=int, default=100_000, help="number of rows of Domains per crawl")
    parser.add_argument("--times", type=int, default=20, help="number of times that each request is sent")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long to request each cached view")
    parser.add_argument("--folder", type=Path, help="where to write (default: the folder for temporary files)")
    parser.add_argument("--serve", metavar="URL", help="run as the server to be measured")
    parser.add_argument("--kept", type=int, default=0, help="size of its cache of answers, in octets")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
