"""
scrapy gather: writes the answers of a crawl on many machines to one ips.db, or to one Parquet data set.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from scrapy.exceptions import UsageError

from ipv6matrix.cli.reading import INTERRUPTED, ReadingCommand
from ipv6matrix.config import extras
from ipv6matrix.exceptions import ExportError, StoreError


class Command(ReadingCommand):
    def syntax(self) -> str:
        return "STORE_URL [--parquet DIR] [--jobs N]"

    def short_desc(self) -> str:
        return "Write the answers of a crawl on many machines to OUTPUT_DIR/ips-RUN.db, or as Parquet"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--parquet", metavar="DIR", type=Path, help="write Parquet to DIR/RUN instead")
        jobs = "processes that write Parquet (default: one for each core)"
        parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count(), help=jobs)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("Missing argument: name the database, postgresql://USER@HOST/NAME [ARGUMENT_MISSING]")
        if opts.jobs < 1:
            raise UsageError(f"Invalid --jobs {opts.jobs}: must be at least 1 [ARGUMENT_INVALID]", print_help=False)
        message = extras.missing("postgres", "gather")
        if opts.parquet and not message:
            message = extras.missing("ranges", "gather --parquet")
        if message:
            raise UsageError(message, print_help=False)
        steps = _parquet(args[0], opts.parquet, opts.jobs) if opts.parquet else self._database(args[0])
        try:
            for step in steps:
                print(step, flush=True)  # noqa: T201 - the output of the command
        except (StoreError, ExportError) as error:
            raise UsageError(str(error), print_help=False) from error
        except KeyboardInterrupt:
            self.exitcode = INTERRUPTED

    def _database(self, url: str) -> Iterator[str]:
        # Imported here: most commands have neither the packages nor the need.
        from ipv6matrix.cluster.gather import gather  # noqa: PLC0415

        yield str(gather(url, self.output_dir))


def _parquet(url: str, folder: Path, jobs: int) -> Iterable[str]:
    from ipv6matrix.cluster.ranges import gather_parquet  # noqa: PLC0415 - as above

    return gather_parquet(url, folder, jobs)
