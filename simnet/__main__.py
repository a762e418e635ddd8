"""
Runs a command inside a simulated Internet.

    python -m simnet shell [--scenario showcase|scaled] [--domains N] -- COMMAND …

The environment variable IPV6MATRIX_INTERNET names a file for the command: a JSON
object with `settings` (of Scrapy), `domains_file`, `resolvers`, `directory`. The
exit status is that of the command.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from simnet import namespaces
from simnet.internet import Internet
from simnet.scaled import scaled
from simnet.scenario import Scenario
from simnet.showcase import showcase

VARIABLE = "IPV6MATRIX_INTERNET"


def main() -> int:
    options = _options()
    with namespaces.unavailable_exits():
        namespaces.enter()
        with tempfile.TemporaryDirectory(prefix="internet-") as scratch:
            internet = Internet(
                _scenario(options),
                options.directory or scratch,
                record=options.record,
                near_resolver=options.near_resolver,
                ping_sockets=not options.no_ping_sockets,
            )
            with internet:
                status = _run(internet, options.command or [os.environ.get("SHELL", "/bin/sh")])
                if options.stats:
                    print(json.dumps(internet.statistics()), file=sys.stderr)
                return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simnet", description=(__doc__ or "").strip().partition("\n")[0])
    commands = parser.add_subparsers(dest="verb", required=True)
    shell = commands.add_parser("shell", help="run a command (default: your shell) at the vantage point")
    shell.add_argument("--scenario", choices=("showcase", "scaled"), default="showcase")
    shell.add_argument("--domains", type=int, default=10_000, help="number of domains of the scenario scaled")
    shell.add_argument("--directory", type=Path, help="where to write records (default: a temporary folder)")
    shell.add_argument("--near-resolver", action="store_true", help="put the resolver on the vantage point's own link")
    shell.add_argument("--no-ping-sockets", action="store_true", help="forbid unprivileged ICMP sockets")
    shell.add_argument("--no-record", dest="record", action="store_false", help="record neither packets nor queries")
    shell.add_argument(
        "--stats", action="store_true", help="print the helpers' counts and CPU times, as JSON on stderr"
    )
    shell.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    options = parser.parse_args()
    options.command = options.command[1:] if options.command[:1] == ["--"] else options.command
    return options


def _scenario(options: argparse.Namespace) -> Scenario:
    return scaled(options.domains) if options.scenario == "scaled" else showcase()


def _run(internet: Internet, command: list[str]) -> int:
    path = internet.directory / "internet.json"
    path.write_text(
        json.dumps(
            {
                "settings": internet.settings(),
                "domains_file": str(internet.domains_file),
                "resolvers": [internet.resolver4, internet.resolver6],
                "directory": str(internet.directory),
            }
        )
    )
    status = subprocess.run(command, env={**os.environ, VARIABLE: str(path)}, check=False).returncode
    # The status that a shell reports for a command killed by a signal.
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
