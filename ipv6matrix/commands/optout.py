"""
scrapy optout: manages the opt-out file.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix.config import extras
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.exceptions import OptOutError, StoreError
from ipv6matrix.program import PROGRAM
from ipv6matrix.targets.optout_file import OptOutFile, OptOutList


class Command(ChoosingCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "add ENTRY … [--comment TEXT] | remove ENTRY … | list"

    def short_desc(self) -> str:
        return "Add, list or remove opt-outs: domains, addresses and networks that are never probed"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--comment", default="", metavar="TEXT", help="comment written after each new entry")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        verb, entries = (args[0] if args else ""), args[1:]
        if verb not in ("add", "list", "remove") or bool(entries) is (verb == "list"):
            raise UsageError(
                f"Invalid arguments: run {PROGRAM} optout add ENTRY …, {PROGRAM} optout remove ENTRY … or"
                f" {PROGRAM} optout list [ARGUMENT_INVALID]"
            )
        try:
            with contextlib.ExitStack() as opened:
                lines = [
                    line
                    for optout_list in self._lists(opened)
                    for line in _do(verb, optout_list, entries, opts.comment)
                ]
        except (OptOutError, StoreError) as error:
            self.exitcode = 1
            print(error, file=sys.stderr)  # noqa: T201 - the output of the command
        else:
            print("\n".join(dict.fromkeys(lines) or ["no entries"]))  # noqa: T201 - the output of the command

    def _lists(self, opened: contextlib.ExitStack) -> Iterator[OptOutList]:
        """Yield the lists to change or to print: that of a shared crawl, and the file."""
        assert self.settings is not None
        url, path = self.settings.get("STORE_URL"), self.settings.get("OPTOUT_FILE")
        if not url and not path:
            raise UsageError(
                "OPTOUT_FILE is not set: name the file with -s OPTOUT_FILE=, or a shared crawl with -s STORE_URL="
                " [SETTING_MISSING]",
                print_help=False,
            )
        if path:
            yield OptOutFile(Path(path))
        if url:
            if message := extras.missing("postgres", "STORE_URL"):
                raise UsageError(message, print_help=False)
            # Imported here: most commands have neither the packages nor the need.
            from ipv6matrix.cluster.optouts import SharedOptOuts  # noqa: PLC0415

            yield opened.enter_context(SharedOptOuts(url))


def _do(verb: str, where: OptOutList, entries: list[str], comment: str) -> list[str]:
    if verb == "add":
        # A comment is one line.
        return where.add(entries, " ".join(comment.split()))
    return where.remove(entries) if verb == "remove" else where.entries()
