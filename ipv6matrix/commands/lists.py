"""
scrapy lists: the lists that were fetched.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix import options
from ipv6matrix.choices import ChoosingCommand
from ipv6matrix.downloads import rankings, sources
from ipv6matrix.downloads.transfer import DownloadError
from ipv6matrix.reading import INTERRUPTED

_READ = ("LISTS_DIR", "MAJESTIC_URL", "TRANCO_URL", "TRANCO_ID_URL", "LIST_MIN_DOMAINS")


class Command(ChoosingCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_LEVEL": "INFO"}

    def syntax(self) -> str:
        return "[update majestic|tranco …]"

    def short_desc(self) -> str:
        return "Show the lists that LISTS_DIR holds, or fetch those of today"

    def run(self, args: list[str], _: argparse.Namespace) -> None:
        assert self.settings is not None
        names = args[1:]
        if args and (args[0] != "update" or not names or not set(names) <= set(rankings.NAMES)):
            raise UsageError("say scrapy lists, or scrapy lists update majestic tranco")
        if sentences := options.problems(self.settings, _READ):
            raise UsageError("\n".join(sentences), print_help=False)
        try:
            found = self._update(names) if names else self._kept()
        except DownloadError as error:
            self.exitcode = 1
            print(error, file=sys.stderr)  # noqa: T201 - what a command has to say
        except KeyboardInterrupt:
            self.exitcode = INTERRUPTED
        else:
            print("\n".join(found or ["no list has been fetched: scrapy lists update tranco"]))  # noqa: T201 - likewise

    def _kept(self) -> list[str]:
        assert self.settings is not None
        return [shown(source) for source in sources.kept(Path(self.settings.get("LISTS_DIR")).expanduser())]

    def _update(self, names: list[str]) -> list[str]:
        assert self.settings is not None
        with rankings.Rankings.from_settings(self.settings) as there:
            return [shown(there.update(name)) for name in names]


def shown(source: sources.Source) -> str:
    """Write a list in a line."""
    identity = f", id {source.id}" if source.id else ""
    return f"{source.file}: {source.name} of {source.date}{identity}, {source.domains:,} domains, from {source.url}"
