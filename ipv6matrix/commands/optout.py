"""
scrapy optout: manages the opt-out file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.exceptions import OptOutError
from ipv6matrix.program import PROGRAM
from ipv6matrix.targets.optout_file import OptOutFile


class Command(ChoosingCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "add ENTRY … [--comment TEXT] | remove ENTRY … | list"

    def short_desc(self) -> str:
        return "Add, list or remove entries of OPTOUT_FILE: domains, addresses and networks that are never probed"

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
        if not self.settings.get("OPTOUT_FILE"):
            raise UsageError(
                "OPTOUT_FILE is not set: name the file with -s OPTOUT_FILE= [SETTING_MISSING]", print_help=False
            )
        try:
            said = _do(verb, OptOutFile(Path(self.settings.get("OPTOUT_FILE"))), entries, opts.comment)
        except OptOutError as error:
            self.exitcode = 1
            print(error, file=sys.stderr)  # noqa: T201 - the output of the command
        else:
            print("\n".join(said or ["no entries"]))  # noqa: T201 - the output of the command


def _do(verb: str, file: OptOutFile, entries: list[str], comment: str) -> list[str]:
    if verb == "add":
        # A comment is one line.
        return file.add(entries, " ".join(comment.split()))
    return file.remove(entries) if verb == "remove" else file.entries()
