"""
scrapy export: a crawl in other forms.
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
        return "Write a crawl in another form; without a file, the newest of OUTPUT_DIR"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--replace", action="store_true", help="let an empty summary take the place of one with domains"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or args[0] not in NAMES:
            raise UsageError(f"name the form: {', '.join(NAMES)}")
        self.check()
        self.export(args[0], self.path(args[1:]), replace=opts.replace)
