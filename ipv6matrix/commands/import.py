"""
scrapy import: reads other formats of a crawl back into an ips.db, and summaries of the 2022 system into SUMMARY_URL.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Final

from scrapy.exceptions import UsageError
from scrapy.utils.log import configure_logging

from ipv6matrix.cli.reading import INTERRUPTED
from ipv6matrix.config import checks, extras
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.exceptions import ExportError, ImportRefusedError, StoreError
from ipv6matrix.importers import crawls, runs
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Older, Ours
from ipv6matrix.targets.policy import AddressPolicy, networks

_READ: Final = ("OUTPUT_DIR", "SUMMARY_URL", "PROBE_ALLOWED_NETWORKS")


class Command(ChoosingCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_LEVEL": "WARNING"}

    def syntax(self) -> str:
        return (
            "csv OUTPUT_DIR --run RUN [--original] [--into FILE] | legacy ips.db [--run RUN] [--into FILE]"
            " | mysql2022 URL [--dry-run]"
        )

    def short_desc(self) -> str:
        return "Import the CSV files of a run, an ips.db of the 2022 crawler, or the summaries of the 2022 system"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--run", metavar="RUN", help="the run: its start in UTC, YYYY-MM-DD__HH-MM-SS")
        parser.add_argument("--into", metavar="FILE", help="the database to write (default: OUTPUT_DIR/ips-RUN.db)")
        parser.add_argument(
            "--original", action="store_true", help="csv: the 2022 crawler or its predecessors wrote the files"
        )

        parser.add_argument("--dry-run", action="store_true", help="mysql2022: only list dates, rows and oddities")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) != 2 or args[0] not in ("csv", "legacy", "mysql2022"):
            raise UsageError(
                "Missing arguments: name the format and the source, csv OUTPUT_DIR --run RUN, legacy ips.db,"
                " or mysql2022 URL [ARGUMENT_MISSING]"
            )
        if sentences := checks.problems(self.settings, _READ):
            raise UsageError("\n".join(sentences), print_help=False)
        configure_logging(self.settings)
        complaints = Complaints()
        try:
            if args[0] == "mysql2022":
                self._import_summaries(args[1], dry_run=opts.dry_run)
                return
            self._import(args[0], Path(args[1]).expanduser(), opts, complaints)
        except (ImportRefusedError, ExportError, StoreError) as error:
            raise UsageError(str(error), print_help=False) from error
        except KeyboardInterrupt:
            self.exitcode = INTERRUPTED
        finally:
            complaints.sum_up()

    def _import(self, form: str, source: Path, opts: argparse.Namespace, complaints: Complaints) -> None:
        if form == "csv":
            if not opts.run:
                raise ImportRefusedError(
                    "A folder can contain several runs: name one with --run, e.g. --run 2022-05-06__07-08-09",
                    code="IMPORT_RUN_MISSING",
                )
            target, era = self._target(opts.run, opts), self._older() if opts.original else Ours()
            number = crawls.from_csv(source, opts.run, target, era, complaints)
        else:
            target = self._target(opts.run or runs.of_file(source), opts)
            number = crawls.from_legacy(source, opts.run, target, self._older(), complaints)
        broken = f"; broken lines skipped: {complaints.number:,}" if complaints.number else ""
        print(f"{number:,} domains in {target}{broken}")  # noqa: T201 - the output of the command

    def _import_summaries(self, url: str, *, dry_run: bool) -> None:
        assert self.settings is not None
        urls = (url, self.settings.get("SUMMARY_URL"))
        messages = (extras.missing("mysql2022", "import mysql2022"), *map(extras.missing_driver, urls))
        if message := next(filter(None, messages), None):
            raise UsageError(message, print_help=False)
        # Imported here: SQLAlchemy and DuckDB would be part of the memory of every command.
        from ipv6matrix.importers.mysql2022 import Import  # noqa: PLC0415
        from ipv6matrix.summaries.database import Database  # noqa: PLC0415

        with (
            Database(self.settings.get("SUMMARY_URL")) as target,
            tempfile.TemporaryDirectory(prefix="mysql2022-") as scratch,
        ):
            old = Import(url, target, Path(scratch))
            for contents in old.find():
                rows = ", ".join(f"{number:,} {name}" for name, number in contents.rows.items())
                state = "is there already" if contents.is_there else "would be copied" if dry_run else "copied"
                if not (contents.is_there or dry_run):
                    old.copy(contents.date)
                print(f"{contents.date} {state}: {rows}")  # noqa: T201 - what the command is for
                for oddity in contents.oddities:
                    print(f"    {oddity}")  # noqa: T201

    def _target(self, run: str, opts: argparse.Namespace) -> Path:
        assert self.settings is not None
        runs.started_at(run)
        return Path(opts.into or Path(self.settings.get("OUTPUT_DIR")) / f"ips-{run}.db").expanduser()

    def _older(self) -> Older:
        assert self.settings is not None
        return Older(AddressPolicy(networks(self.settings.get("PROBE_ALLOWED_NETWORKS") or "")))
