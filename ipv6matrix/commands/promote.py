"""
scrapy promote: moves the summary of a crawl from the staging database to the live one.
"""

from __future__ import annotations

import argparse
import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix.config import extras
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.exceptions import ExportError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ipv6matrix.summaries.comparison import Figures
    from ipv6matrix.summaries.database import Database


class Command(ChoosingCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "[--date YYYY-MM-DD] [--tag NAME] [--check] [--replace]"

    def short_desc(self) -> str:
        return "Move the summary of a crawl from SUMMARY_URL to LIVE_URL, completely or not at all"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="date of the crawl; optional if staging has only one")
        parser.add_argument("--tag", metavar="NAME", default="", help="move the readiness of the list with that tag")
        parser.add_argument("--check", action="store_true", help="compare with the live figures and change nothing")
        parser.add_argument("--replace", action="store_true", help="replace a date that is already live")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError("Unexpected arguments: select a crawl with --date [ARGUMENT_INVALID]")
        if opts.check and opts.tag:
            raise UsageError("Conflicting --check and --tag: the main list is checked [ARGUMENT_INVALID]")
        date = _date(opts.date)
        try:
            self._run(date, opts)
        except ExportError as error:
            raise UsageError(str(error), print_help=False) from error

    def _run(self, date: dt.date | None, opts: argparse.Namespace) -> None:
        assert self.settings is not None
        urls = [self.settings.get(name) for name in ("SUMMARY_URL", "LIVE_URL")]
        if not urls[1]:
            raise UsageError(
                "LIVE_URL is not set: name the live database with -s LIVE_URL= [SETTING_MISSING]", print_help=False
            )
        messages = (extras.missing("summary", "promote"), *map(extras.missing_driver, urls))
        if message := next(filter(None, messages), None):
            raise UsageError(message, print_help=False)
        # Imported late, as Rich below: Scrapy imports all commands, and these would add to the start of every crawl.
        from ipv6matrix.summaries import staging  # noqa: PLC0415
        from ipv6matrix.summaries.database import Database  # noqa: PLC0415

        with Database(urls[0]) as source, Database(urls[1]) as live:
            if source.place == live.place:
                raise UsageError(
                    f"SUMMARY_URL and LIVE_URL are the same ({live.name}): set LIVE_URL to another database"
                    " [SETTING_INVALID]",
                    print_help=False,
                )
            date = staging.choose(source, date, opts.tag)
            if opts.check:
                _check(source, live, date)
            else:
                _promote(source, live, date, opts.tag, replace=opts.replace)


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"Invalid --date {text!r}: must be YYYY-MM-DD [ARGUMENT_INVALID]", print_help=False) from None


def _promote(source: Database, live: Database, date: dt.date, tag: str, *, replace: bool) -> None:
    from ipv6matrix.summaries import staging  # noqa: PLC0415 - as above

    promoted = staging.promote(source, live, date, tag=tag, replace=replace)
    words = f"{promoted.domains:,} domains of {date} are live in {live.name}"
    if promoted.replaced:
        words += f", replacing {promoted.replaced:,}"
    if promoted.was_live:
        words += " (already before)"
    _console().print(f"{words}; removed from {source.name}", soft_wrap=True, highlight=False)


def _check(source: Database, live: Database, date: dt.date) -> None:
    from ipv6matrix.summaries.comparison import leaps, look  # noqa: PLC0415 - as above

    now, before = look(source, live, date)
    console = _console()
    console.print(table(now, before))
    for leap in leaps(before, now) if before else ():
        console.print(f"Warning: {leap}", soft_wrap=True, highlight=False)


def table(now: Figures, before: Figures | None) -> Table:
    """Format two crawls next to each other."""
    from rich.table import Table  # noqa: PLC0415 - as above

    page = Table(title=f"Crawl of {now.date}", title_justify="left")
    page.add_column("")
    page.add_column(f"staging, {now.date}", justify="right")
    page.add_column(f"live, {before.date}" if before else "live, none before", justify="right")
    for name, number in now.rows.items():
        page.add_row(f"rows of {name}", f"{number:,}", f"{before.rows[name]:,}" if before else "-")
    page.add_section()
    for name, number in now.totals.items():
        page.add_row(name, f"{number:,}", f"{before.totals[name]:,}" if before else "-")
    return page


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415 - as above

    return Console()
