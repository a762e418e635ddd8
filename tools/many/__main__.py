"""
Breaks crawls that several processes share, and checks their results.

    python -m tools.many --domains 1000 --kills 100      (`make torture-many`)

Without names of proofs, all of them. Needs root: packets of one process are dropped, and a small disk is mounted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

from simnet import namespaces
from simnet.internet import Internet
from simnet.scaled import scaled
from tests.postgres import running
from tools.many.proofs import PROOFS
from tools.many.world import Finding, World

# Problems of one proof that are printed.
_PRINTED: Final = 30


def main() -> int:
    options = _options()
    # Crawls and servers end with their blocks.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    problems = 0
    print(f"seed {options.seed}", flush=True)
    with namespaces.unavailable_exits():
        namespaces.enter()
        with (
            tempfile.TemporaryDirectory(prefix="many-") as scratch,
            Internet(scaled(options.domains), Path(scratch) / "internet") as internet,
            running() as server,
        ):
            settings = dict(word.split("=", 1) for word in options.set)
            world = World(internet=internet, server=server, place=Path(scratch), settings=settings)
            for name in options.proofs or PROOFS:
                began_at = time.monotonic()
                finding = PROOFS[name](world, Random(options.seed), options.kills)
                problems += len(finding.problems)
                print(report(finding, time.monotonic() - began_at), flush=True)
    return 1 if problems else 0


def report(finding: Finding, seconds: float) -> str:
    """Format the result of one proof."""
    figures = ", ".join(f"{name} {value}" for name, value in finding.figures.items())
    lines = [f"{finding.name}: {len(finding.problems)} problems in {seconds:.0f} s; {figures}"]
    if rest := Counter(problem.partition(" ")[0] for problem in finding.problems[_PRINTED:]):
        lines.append(f"not printed, by first word: {dict(rest)}")
    return "\n".join([*lines, *finding.problems[:_PRINTED]])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.many", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=f"of {', '.join(PROOFS)}; all without one")
    parser.add_argument("--kills", type=int, default=100, help="number of kills")
    parser.add_argument("--domains", type=int, default=1000, help="number of domains to crawl")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="seed of the random instants")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="setting of all crawls")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
