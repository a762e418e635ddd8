"""
scrapy export: writes a crawl in another format.
"""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError

from ipv6matrix.cli.reading import ReadingCommand
from ipv6matrix.exporters.registry import NAMES


class Command(ReadingCommand):
    def syntax(self) -> str:
        return f"{'|'.join(NAMES)} [ips.db] [--replace]"

    def short_desc(self) -> str:
        return "Export a crawl in another format; by default the latest in OUTPUT_DIR"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--replace", action="store_true", help="allow a summary without domains to replace one with domains"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or args[0] not in NAMES:
            raise UsageError(f"No export format given: choose from {', '.join(NAMES)} [ARGUMENT_MISSING]")
        self.check()
        self.export(args[0], self.path(args[1:]), replace=opts.replace)
