"""
scrapy report: writes a crawl as a page with charts.
"""

from __future__ import annotations

import argparse

from ipv6matrix.cli.reading import ReadingCommand


class Command(ReadingCommand):
    def syntax(self) -> str:
        return "[ips.db]"

    def short_desc(self) -> str:
        return "Write a page with charts of a crawl; by default the latest in OUTPUT_DIR"

    def run(self, args: list[str], _: argparse.Namespace) -> None:
        self.check()
        self.export("report", self.path(args))
