"""
scrapy crawl: Scrapy's own command, with checks of settings and an exit status that reports how the crawl ended.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.utils.log import configure_logging

from ipv6matrix import options
from ipv6matrix.choices import ChoosingCommand, unknown_arguments

logger = logging.getLogger(__name__)

# Scrapy would write only what was found since the last start. The database has everything.
_NO_FEED: Final = (
    "-o and -O are not supported: results go into the database; write files with `scrapy export csv` or"
    " `scrapy export parquet` [OPTION_NOT_SUPPORTED]"
)


class Command(ChoosingCommand, ScrapyCrawl):
    def syntax(self) -> str:
        return "matrix -a domains=FILE [-a supplemental=FILE] [-s NAME=VALUE …]"

    def long_desc(self) -> str:
        return (
            "Crawl the domains of a list: scrapy crawl matrix -a domains=FILE. The lists majestic and tranco are"
            " downloaded. Run the same command to resume an interrupted crawl. Exit status 0: finished; 1: stopped"
            " early; 2: invalid setting or argument."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        with self._refusals_logged():
            if opts.output or opts.overwrite_output:
                raise UsageError(_NO_FEED, print_help=False)
            super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        with self._refusals_logged():
            self._check(args, opts)
        assert self.crawler_process is not None
        _stop_when_the_terminal_closes()
        crawler = self._create_crawler(args[0])
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        assert crawler.stats is not None
        self.exitcode = 0 if crawler.stats.get_value("crawl/results") else 1

    def _check(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        assert self.crawler_process is not None
        if sentences := options.problems(self.settings):
            raise UsageError("\n".join(sentences))
        spiders = self.crawler_process.spider_loader
        if len(args) != 1 or args[0] not in spiders.list():
            raise UsageError("No spider given: run scrapy crawl matrix -a domains=FILE [ARGUMENT_MISSING]")
        if sentences := unknown_arguments(spiders.load(args[0]), opts.spargs):
            raise UsageError("\n".join(sentences))
        if not opts.spargs.get("domains"):
            raise UsageError("No list given: pass -a domains=FILE, with one domain per line [LIST_MISSING]")

    @contextmanager
    def _refusals_logged(self) -> Iterator[None]:
        """Log the error as well if there is a log file: it is all that a user of scrapyd sees."""
        try:
            yield
        except UsageError as error:
            assert self.settings is not None
            if self.settings.get("LOG_FILE"):
                configure_logging(self.settings)
                logger.error("%s", error)  # noqa: TRY400 - the message is complete without a traceback
            raise


def _stop_when_the_terminal_closes() -> None:
    """Treat SIGHUP as a request to stop, unless `nohup` has set it to be ignored."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
