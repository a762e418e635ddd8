"""
Commands that fetch files which crawls need, and show those that are there.
"""

from __future__ import annotations

import argparse
import sys
from abc import abstractmethod
from typing import Any, ClassVar

from scrapy.exceptions import UsageError

from ipv6matrix.cli.reading import INTERRUPTED
from ipv6matrix.config import checks
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.reference.transfer import DownloadError


class FetchingCommand(ChoosingCommand):
    """What these commands share: what cannot be fetched is a sentence, with the exit status 1."""

    requires_project = True
    requires_crawler_process = False
    # What has come of a long download is told as it goes.
    default_settings: ClassVar[dict[str, Any]] = {"LOG_LEVEL": "INFO"}
    reads: ClassVar[tuple[str, ...]]
    "Settings that must make sense."

    @abstractmethod
    def do(self, args: list[str]) -> list[str]:
        """Do what is asked for and give the lines to print; raises UsageError and DownloadError."""

    def run(self, args: list[str], _: argparse.Namespace) -> None:
        assert self.settings is not None
        if sentences := checks.problems(self.settings, self.reads):
            raise UsageError("\n".join(sentences), print_help=False)
        try:
            print("\n".join(self.do(args)))  # noqa: T201 - what a command has to say
        except DownloadError as error:
            self.exitcode = 1
            print(error, file=sys.stderr)  # noqa: T201 - likewise
        except KeyboardInterrupt:
            self.exitcode = INTERRUPTED
