"""
scrapy crawl: Scrapy's own command, with checks of settings and an exit status that reports how the crawl ended.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scrapy import signals
from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.utils.log import configure_logging

from ipv6matrix import log
from ipv6matrix.cli import parent, terminal
from ipv6matrix.config import checks
from ipv6matrix.config.profiles import ChoosingCommand, unknown_arguments
from ipv6matrix.exceptions import ListError
from ipv6matrix.program import PROGRAM
from ipv6matrix.targets import lists

logger = logging.getLogger(__name__)

# Exit status of a crawl that has finished with an incomplete log.
LOG_INCOMPLETE: Final = 3
# Scrapy would write only the results since the last start. The database contains all results.
_NO_FEED: Final = (
    f"-o and -O are not supported: results go into the database; write files with `{PROGRAM} export csv` or"
    f" `{PROGRAM} export parquet` [OPTION_NOT_SUPPORTED]"
)


class Command(ChoosingCommand, ScrapyCrawl):
    def syntax(self) -> str:
        return "matrix -a domains=FILE [-a supplemental=FILE] [-a tag=NAME] [-s NAME=VALUE …]"

    def long_desc(self) -> str:
        return (
            f"Crawl the domains of a list: {PROGRAM} crawl matrix -a domains=FILE. The lists majestic and tranco are"
            " downloaded. Run the same command to resume an interrupted crawl. Exit status 0: finished; 1: stopped"
            " early; 2: invalid setting or argument; 3: finished, but the log could not be written."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        with self._refusals_logged():
            if opts.output or opts.overwrite_output:
                raise UsageError(_NO_FEED, print_help=False)
            super().process_options(args, opts)
        self._check_log()

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with self._refusals_logged():
            self._check(args, opts)
        assert self.crawler_process is not None
        self._divide_rates()
        terminal.stop_when_it_closes()
        parent.stop_when_it_ends()
        crawler, watch = self._create_crawler(args[0]), log.LogWatch()
        watch.begin()
        crawler.signals.connect(watch.begin, signal=signals.spider_opened)
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        assert crawler.stats is not None
        self.exitcode = 0 if crawler.stats.get_value("crawl/results") else 1
        if watch.lost:
            print(f"{watch.lost:,} records are missing in the log", file=sys.stderr)  # noqa: T201 - as above
            self.exitcode = self.exitcode or LOG_INCOMPLETE

    def _divide_rates(self) -> None:
        """Let all processes of PROCESSES together send what one would."""
        assert self.settings is not None
        number = self.settings.getint("PROCESSES")
        for name in ("PROBE_RATE", "QUERY_RATE") if number > 1 else ():
            self.settings.set(name, self.settings.getfloat(name) / number, "cmdline")

    def _check_log(self) -> None:
        assert self.settings is not None
        path = self.settings.get("LOG_FILE")
        if path and (reason := log.problem(path)):
            raise UsageError(
                f"Cannot write LOG_FILE={path!r} ({reason}): free disk space, fix the permissions, or name another file"
                " [LOG_NOT_WRITABLE]",
                print_help=False,
            )

    def _check(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        assert self.crawler_process is not None
        if sentences := checks.problems(self.settings):
            raise UsageError("\n".join(sentences))
        spiders = self.crawler_process.spider_loader
        if len(args) != 1 or args[0] not in spiders.list():
            raise UsageError(f"No spider given: run {PROGRAM} crawl matrix -a domains=FILE [ARGUMENT_MISSING]")
        if sentences := unknown_arguments(spiders.load(args[0]), opts.spargs):
            raise UsageError("\n".join(sentences))
        if not opts.spargs.get("domains"):
            raise UsageError("No list given: pass -a domains=FILE, with one domain per line [LIST_MISSING]")
        try:
            lists.check_tag(opts.spargs.get("tag", ""))
        except ListError as error:
            raise UsageError(str(error), print_help=False) from error

    @contextmanager
    def _refusals_logged(self) -> Iterator[None]:
        """Log the error as well if there is a log file: users of scrapyd see nothing else."""
        try:
            yield
        except UsageError as error:
            assert self.settings is not None
            path = self.settings.get("LOG_FILE")
            if path and log.problem(path) is None:
                configure_logging(self.settings)
                logger.error("%s", error)  # noqa: TRY400 - the message is complete without a traceback
            raise
