"""
scrapy lists: shows or downloads lists of popular domains.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix.cli.fetching import FetchingCommand
from ipv6matrix.program import PROGRAM
from ipv6matrix.reference import rankings, sources


class Command(FetchingCommand):
    reads: ClassVar = ("LISTS_DIR", "MAJESTIC_URL", "TRANCO_URL", "TRANCO_ID_URL", "LIST_MIN_DOMAINS")

    def syntax(self) -> str:
        return "[update majestic|tranco …]"

    def short_desc(self) -> str:
        return "Show the lists in LISTS_DIR, or download today's lists"

    def do(self, args: list[str]) -> list[str]:
        names = args[1:]
        if args and (args[0] != "update" or not names or not set(names) <= set(rankings.NAMES)):
            raise UsageError(
                f"Invalid arguments: run {PROGRAM} lists, or {PROGRAM} lists update majestic tranco [ARGUMENT_INVALID]"
            )
        return (self._update(names) if names else self._downloaded()) or [
            f"No lists yet: download one with {PROGRAM} lists update tranco"
        ]

    def _downloaded(self) -> list[str]:
        assert self.settings is not None
        return [shown(source) for source in sources.downloaded(Path(self.settings.get("LISTS_DIR")).expanduser())]

    def _update(self, names: list[str]) -> list[str]:
        assert self.settings is not None
        with rankings.Rankings.from_settings(self.settings) as downloads:
            return [shown(downloads.update(name)) for name in names]


def shown(source: sources.Source) -> str:
    """Return a line about a list."""
    identity = f", id {source.id}" if source.id else ""
    return f"{source.file}: {source.name} of {source.date}{identity}, {source.domains:,} domains, from {source.url}"
