"""
scrapy gather: writes the answers of a crawl on many machines to one ips.db.
"""

from __future__ import annotations

import argparse

from scrapy.exceptions import UsageError

from ipv6matrix.cli.reading import ReadingCommand
from ipv6matrix.config import extras
from ipv6matrix.exceptions import StoreError


class Command(ReadingCommand):
    def syntax(self) -> str:
        return "STORE_URL"

    def short_desc(self) -> str:
        return "Write the answers of a crawl on many machines to OUTPUT_DIR/ips-RUN.db"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002
        if len(args) != 1:
            raise UsageError("Missing argument: name the database, postgresql://USER@HOST/NAME [ARGUMENT_MISSING]")
        if message := extras.missing("postgres", "gather"):
            raise UsageError(message, print_help=False)
        # Imported here: most commands have neither the packages nor the need.
        from ipv6matrix.cluster.gather import gather  # noqa: PLC0415

        try:
            print(gather(args[0], self.output_dir))  # noqa: T201 - the output of the command
        except StoreError as error:
            raise UsageError(str(error), print_help=False) from error
