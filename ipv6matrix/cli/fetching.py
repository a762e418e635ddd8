"""
Base class of commands that download files for crawls, or list the downloaded ones.
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
from ipv6matrix.exceptions import DownloadError


class FetchingCommand(ChoosingCommand):
    """Base class of commands that download; failed downloads end with exit status 1."""

    requires_project = True
    requires_crawler_process = False
    # Long downloads report their progress.
    default_settings: ClassVar[dict[str, Any]] = {"LOG_LEVEL": "INFO"}
    reads: ClassVar[tuple[str, ...]]
    "Settings that are validated."

    @abstractmethod
    def do(self, args: list[str]) -> list[str]:
        """Execute the command and return the lines to print; raises UsageError and DownloadError."""

    def run(self, args: list[str], _: argparse.Namespace) -> None:
        assert self.settings is not None
        if sentences := checks.problems(self.settings, self.reads):
            raise UsageError("\n".join(sentences), print_help=False)
        try:
            print("\n".join(self.do(args)))  # noqa: T201 - the output of the command
        except DownloadError as error:
            self.exitcode = 1
            print(error, file=sys.stderr)  # noqa: T201 - likewise
        except KeyboardInterrupt:
            self.exitcode = INTERRUPTED
