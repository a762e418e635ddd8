"""
How quickly the website answers: `make bench-web`.

Makes summaries of sixty crawls up, builds a read model of them, and asks a server in a process of its own:
every kind of question with nothing cached, then answers that are cached, on one core, then searches while
three clients ask for the longest answers. Builds the model of one new crawl of a million domains. Prints each
figure next to what is promised (docs/performance.md), and fails if one is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from ipv6matrix.web import server
from ipv6matrix.web.app import create_app
from ipv6matrix.web.cache import CACHE_BYTES, AnswerCache
from ipv6matrix.web.read_model import build as building
from ipv6matrix.web.read_model.refresh import ReadModels
from tests import mariadb
from tests.typed import ROOT
from tests.web import large

# Answers under 2,000 rows, the longest ones, searches, pages, and searches among three clients of long answers.
ANSWER_MS: Final = 100.0
LONGEST_MS: Final = 1_500.0
SEARCH_MS: Final = 20.0
PAGE_MS: Final = 300.0
BUSY_SEARCH_MS: Final = 100.0
CACHED_PER_SECOND: Final = 400.0
BUILD_S, BUILD_MB = 60.0, 500.0
# Above that many bytes, compressed, an answer has thousands of rows.
_LONG: Final = 60_000
# What a server has that holds such tables, beside a program like this one.
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
    "/api/v1/readiness",
    *(f"/api/v1/readiness?group={group}" for group in ("country", "tld", "bracket")),
    "/api/v1/readiness/crawls",
    "/api/v1/readiness/domains?limit=1000",
    "/api/v1/readiness/domains?certain=5&country=IH",
    "/api/v1/readiness/changes?limit=1000",
    "/api/v1/readiness/hall-of-fame?limit=1000",
    f"/api/v1/domains/{_NAME}/readiness",
    f"/api/v1/domains/{_NAME}/readiness/badge.svg",
)
PAGES: Final = (
    *("/", "/hosts", "/dualstack?group=tld", "/country-US", "/tld-com", f"/domain-{_NAME}", "/changes"),
    *("/readiness", "/readiness?group=tld", "/readiness/domains", "/readiness/changes"),
)
CACHED: Final = ("/json/hosts/group-country", "/api/v1/crawls", "/api/v1/tlds", "/json/domain/search-a")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Response times of one request."""

    question: str
    octets: int
    first_ms: float
    median_ms: float
    p95_ms: float
    limit_ms: float | None = None

    @property
    def promised_ms(self) -> float:
        if self.limit_ms:
            return self.limit_ms
        if "/search-" in self.question or "?q=" in self.question:
            return SEARCH_MS
        if self.question in PAGES:
            return PAGE_MS
        return LONGEST_MS if self.octets > _LONG else ANSWER_MS

    @property
    def verdict(self) -> str:
        return "" if self.p95_ms < self.promised_ms else "MISSED"


def main() -> int:
    options = _options()
    if options.serve:
        return serve(options.serve, options.models, options.cache)
    if options.build:
        building.build(options.build, options.models)
        print(peak_mb())
        return 0
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="web-", dir=options.folder) as scratch:
        for kind in options.databases.split(","):
            with _database(kind, Path(scratch)) as url:
                verdicts += bench(kind, url, options)
    return 1 if "MISSED" in verdicts else 0


def bench(kind: str, url: str, options: argparse.Namespace) -> list[str]:
    """Measure over one database, print it and return what was missed."""
    begun = time.monotonic()
    large.fill(url, options.crawls, options.domains)
    print(f"\n{kind}: {options.crawls} crawls made up in {time.monotonic() - begun:.0f} s\n", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="models-", dir=options.folder))
    try:
        built = build(url, folder, "all crawls")
        with serving(url, folder, 0) as port:
            measured = [measure(port, question, options.times) for question in (*QUESTIONS, *PAGES, "/domain?q=asite")]
            measured.append(busy(port, options.times))
        with serving(url, folder, CACHE_BYTES, core=0) as port:
            rates = {question: rate(port, question, options.seconds) for question in CACHED}
        print(report(measured, rates), flush=True)
        large.add(url, options.crawls, options.new)
        built = build(url, folder, f"one new crawl of {options.new:,} domains")
    finally:
        shutil.rmtree(folder)
    slow = ["MISSED" for rate_per_s in rates.values() if rate_per_s < CACHED_PER_SECOND]
    slow += ["MISSED" for figure, limit in zip(built, (BUILD_S, BUILD_MB), strict=True) if figure > limit]
    return [*slow, *(figures.verdict for figures in measured)]


def build(url: str, folder: Path, contents: str) -> tuple[float, float]:
    """Build the read model in a process of its own, and return its seconds and megabytes."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "benchmarks.web", "--build", url, "--models", str(folder)]
    megabytes = float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    took_s = time.monotonic() - begun
    size = sum(file.stat().st_size for file in folder.glob("*.duckdb")) / 1e6
    print(
        f"read model of {contents}: {took_s:.1f} s, {megabytes:.0f} MB of memory, a file of {size:.0f} MB\n", flush=True
    )
    return took_s, megabytes


def peak_mb() -> float:
    """Return the largest memory of this program; `ru_maxrss` would include that of the process which started it."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes) / 1024


def busy(port: int, times: int) -> Measured:
    """Search while three clients ask for the longest answers."""
    stop = threading.Event()

    def ask_long() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while not stop.is_set():
            _ask(connection, "/json/hosts/group-tld")

    clients = [threading.Thread(target=ask_long) for _ in range(3)]
    for client in clients:
        client.start()
    time.sleep(1)
    measured = measure(port, f"/json/domain/search-{_NAME}", times * 5)
    stop.set()
    for client in clients:
        client.join()
    return dataclasses.replace(measured, question=f"{measured.question} among long answers", limit_ms=BUSY_SEARCH_MS)


def measure(port: int, question: str, times: int) -> Measured:
    """Send the request repeatedly over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    answers = [_ask(connection, question) for _ in range(times + 1)]
    connection.close()
    first, *took = (took_ms for took_ms, _ in answers)
    took.sort()
    return Measured(
        question=question,
        octets=answers[0][1],
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
        f"{row.first_ms:>6.1f} ms {row.median_ms:>6.1f} ms {row.p95_ms:>6.1f} ms {row.promised_ms:>6.0f} ms"
        f" {row.octets / 1000:>6.1f} kB  {row.question}  {row.verdict}".rstrip()
        for row in measured
    ]
    lines += ["", "cached, on one core:"]
    lines += [
        f"{rate_per_s:>9.0f}/s {CACHED_PER_SECOND:>6.0f}/s promised  {question}"
        for question, rate_per_s in rates.items()
    ]
    return "\n".join(lines)


@contextlib.contextmanager
def serving(url: str, folder: Path, cache: int, core: int | None = None) -> Iterator[int]:
    """Run a server in a process of its own, on one core if named, and give its port."""
    command = [sys.executable, "-m", "benchmarks.web", "--serve", url, "--models", str(folder), "--cache", str(cache)]
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


def serve(url: str, folder: Path, cache: int) -> int:
    """Be that server."""
    app = create_app(ReadModels(url, folder), "/nowhere", AnswerCache(cache))
    config = uvicorn.Config(app, http=server.Protocol, lifespan="off", **server.OPTIONS)
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
    parser.add_argument("--databases", default="sqlite", help="which kinds, with commas")
    parser.add_argument("--crawls", type=int, default=60, help="how many crawls to make up")
    parser.add_argument("--domains", type=int, default=100_000, help="rows that Domains has of each crawl")
    parser.add_argument("--times", type=int, default=20, help="how often each question is asked")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a cached answer is asked for")
    parser.add_argument("--folder", type=Path, help="where to write; by default the folder for temporary files")
    parser.add_argument("--serve", metavar="URL", help="be the server that is asked")
    parser.add_argument("--build", metavar="URL", help="be the process that builds a read model")
    parser.add_argument("--models", type=Path, help="folder of its read models")
    parser.add_argument("--cache", type=int, default=0, help="bytes of answers that it caches")
    parser.add_argument("--new", type=int, default=1_000_000, help="domains of the crawl that is added at last")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
