"""
Compares speed, cost and results of our probes with other programs: `make bench-peers`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.peers import __doc__ as described
from benchmarks.peers.tools import TOOLS, Results, Tool
from simnet import namespaces
from simnet.internet import Internet
from simnet.scaled import Scaled, scaled
from simnet.zones import Fault

LIMITS: Final = {"lookups": 100, "pings": 1000, "traces": 1000}
"Queries outstanding; packets per second."


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one program."""

    wall_s: float
    cpu_s: float
    results: Results


def main() -> int:
    options = _options()
    if missing := [tool.name for tool in TOOLS.values() if not shutil.which(tool.name)]:
        sys.exit(f"Not found: {', '.join(missing)}. Install with: apt-get install {' '.join(missing)}")
    with namespaces.unavailable_exits():
        namespaces.enter()
    scenario = scaled(options.domains)
    with (
        tempfile.TemporaryDirectory(prefix="bench-peers-") as scratch,
        Internet(scenario, scratch, record=False) as internet,
    ):
        for kind, tool in TOOLS.items():
            subjects = _write(Path(scratch) / kind, _queries(scenario) if kind == "lookups" else _addresses(scenario))
            runs = [_pair(kind, tool, subjects, internet.resolver4) for _ in range(options.rounds)]
            print("\n".join(_table(kind, tool, runs)))
    return 0


def _pair(kind: str, tool: Tool, subjects: Path, server: str) -> tuple[Run, Run]:
    ours = [sys.executable, "-m", "benchmarks.peers.ours", kind, str(subjects), str(LIMITS[kind]), server]
    theirs = tool.command(subjects, LIMITS[kind], server)
    return _run(ours, lambda text: dict(map(json.loads, text.splitlines()))), _run(theirs, tool.parse)


def _run(command: list[str], parse: Callable[[str], Results]) -> Run:
    """Run a program to its end and account for it and its children, as the operating system does."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - began
        output.seek(0)
        text = output.read()
    # fping: 1 if some addresses are unreachable.
    if os.waitstatus_to_exitcode(status) not in (0, 1) or not (results := parse(text)):
        sys.exit(f"{' '.join(command)} failed: {text[-3000:]}")
    return Run(wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime, results=results)


def _table(kind: str, tool: Tool, runs: list[tuple[Run, Run]]) -> Iterator[str]:
    subjects = len(runs[0][0].results)
    yield f"{kind}: {subjects:,} subjects, {LIMITS[kind]} {'outstanding' if kind == 'lookups' else 'packets/s'}"
    for name, side in (("ours", 0), (tool.name, 1)):
        each = [pair[side] for pair in runs]
        wall_s = statistics.median(run.wall_s for run in each)
        cpu_ms = 1000 * statistics.median(run.cpu_s for run in each) / subjects
        yield f"  {name:<8} {subjects / wall_s:>8,.0f}/s  {wall_s:>6.1f} s  CPU {cpu_ms:>6.3f} ms each"
    different = total = 0
    for ours, theirs in runs:
        for subject, result in ours.results.items():
            other = theirs.results.get(subject, [] if isinstance(result, list) else None)
            different += tool.differences(result, other)
            total += tool.facts(result)
    yield f"  {different:,} of {total:,} facts differ, in {len(runs)} rounds\n"


def _queries(scenario: Scaled) -> Iterator[str]:
    """Yield queries that the resolver answers: silence would measure nothing but the timeout."""
    for domain in scenario.domains:
        for name, rdtype in ((f"www.{domain}", "A"), (f"www.{domain}", "AAAA"), (domain, "MX")):
            if scenario.lookup(name, rdtype).fault is not Fault.SILENT:
                yield f"{name} {rdtype}"


def _addresses(scenario: Scaled) -> Iterator[str]:
    """Yield the addresses of web servers, each once."""
    addresses = {}
    for domain in scenario.domains:
        for rdtype in ("A", "AAAA"):
            records = scenario.lookup(f"www.{domain}", rdtype).records
            addresses.update({text: None for _, kind, _, text in records if kind == rdtype})
    yield from addresses


def _write(file: Path, lines: Iterator[str]) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(described or "").strip())
    parser.add_argument("--domains", type=int, default=2000, help="number of domains of the simulated Internet")
    parser.add_argument("--rounds", type=int, default=3, help="number of runs of each program")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
