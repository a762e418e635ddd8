"""
scrapy summary: prints the results of a crawl as a table.
"""

from __future__ import annotations

import argparse
from typing import Final

from ipv6matrix.cli.reading import ReadingCommand, reading
from ipv6matrix.store.queries.summary import summary

# Domains whose levels are counted without being asked for: they take some ten seconds.
_FEW: Final = 10_000


class Command(ReadingCommand):
    def syntax(self) -> str:
        return "[ips.db] [--levels]"

    def short_desc(self) -> str:
        return "Print the results of a crawl; by default the latest in OUTPUT_DIR"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--levels", action="store_true", help=f"count readiness levels even of more than {_FEW:,} domains"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Scrapy imports all commands for each of them; these would be 0.15 s of the start of every crawl.
        from rich.console import Console  # noqa: PLC0415

        from ipv6matrix.cli import summary_text  # noqa: PLC0415
        from ipv6matrix.readiness.counts import count  # noqa: PLC0415
        from ipv6matrix.store.queries import ipv6, readiness  # noqa: PLC0415

        path, console = self.path(args), Console()
        with reading(path) as store:
            figures = summary(store)
            console.print(summary_text.table(figures, ipv6.count(store)))
            if opts.levels or figures.domains <= _FEW:
                console.print(summary_text.levels(count(readiness.domains(store), readiness.basis(store))))
            else:
                console.print("Readiness levels: add --levels, which takes about a minute for 50,000 domains")
        console.print(f"Results: {path}", soft_wrap=True)
