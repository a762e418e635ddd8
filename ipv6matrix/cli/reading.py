"""
Base class of commands that read a crawl: a given file, or the newest of OUTPUT_DIR.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from scrapy.addons import AddonManager
from scrapy.exceptions import UsageError

from ipv6matrix.config import checks, extras
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.exceptions import ExportError, OutdatedError, ReadStoppedError, StoreError
from ipv6matrix.exporters.registry import Target, exporter
from ipv6matrix.store import older
from ipv6matrix.store.database import Store
from ipv6matrix.store.newest import newest

# Exit status of an interrupted command, as in a shell.
INTERRUPTED: Final = 130
_READ: Final = ("OUTPUT_DIR", "SUMMARY_URL", "LIVE_URL")


class ReadingCommand(ChoosingCommand):
    """Base class of commands that read a crawl; user errors end with exit status 2."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Load add-ons as well, since they may have measurements of their own; Scrapy does it for crawls only."""
        super().process_options(args, opts)
        assert self.settings is not None
        AddonManager.load_pre_crawler_settings(self.settings)

    def path(self, names: list[str]) -> Path:
        """Return the path of the database to read."""
        if len(names) > 1:
            raise UsageError("Too many arguments: name one file, or none for the newest [ARGUMENT_INVALID]")
        return Path(names[0]) if names else self._newest()

    def check(self) -> None:
        """Validate the settings that these commands read."""
        assert self.settings is not None
        if sentences := checks.problems(self.settings, _READ):
            raise UsageError("\n".join(sentences), print_help=False)

    @property
    def output_dir(self) -> Path:
        assert self.settings is not None
        return Path(self.settings.get("OUTPUT_DIR")).expanduser()

    def export(self, name: str, path: Path, *, replace: bool = False) -> None:
        """Export to one format and print the path of the result; SIGINT and SIGTERM stop it."""
        assert self.settings is not None
        target = Target(output_dir=self.output_dir, summary_url=self.settings.get("SUMMARY_URL"), replace=replace)
        if message := extras.missing_for_export(name, target.summary_url):
            raise UsageError(message, print_help=False)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        try:
            with reading(path, stopped) as store:
                self._warn_of_the_unfinished(store)
                print(exporter(name)(store, target))  # noqa: T201 - the output of the command
        except ReadStoppedError:
            self.exitcode = INTERRUPTED
        except ExportError as error:
            raise UsageError(str(error), print_help=False) from error

    def _warn_of_the_unfinished(self, store: Store) -> None:
        crawl = store.crawl() or {}
        if crawl.get("end_reason") != "finished":
            print(f"{store.path} is not finished: missing answers count as unknown")  # noqa: T201

    def _newest(self) -> Path:
        file = newest(self.output_dir)
        if file is None:
            raise UsageError(
                f"No finished crawl in {str(self.output_dir)!r}: name an ips.db, or set OUTPUT_DIR [CRAWL_MISSING]",
                print_help=False,
            )
        return file


@contextmanager
def reading(path: Path, stopped: threading.Event | None = None) -> Iterator[Store]:
    """Open a database for reading; turns a StoreError into a UsageError."""
    try:
        with closing(_opened(path, stopped.is_set if stopped else None)) as store:
            yield store
    except ReadStoppedError:
        raise
    except StoreError as error:
        raise UsageError(str(error), print_help=False) from error


def _opened(path: Path, stopped: Callable[[], bool] | None) -> Store:
    try:
        return Store.read(path, stopped)
    except OutdatedError:
        print(f"Migrating {path}, which an earlier version wrote", file=sys.stderr)  # noqa: T201
        return older.read(path, stopped)
