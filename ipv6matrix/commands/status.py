"""
scrapy status: shows the progress of a crawl on this machine, or on many.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from ipv6matrix.cli.reading import ReadingCommand
from ipv6matrix.config import checks
from ipv6matrix.exceptions import StoreError
from ipv6matrix.job import runner
from ipv6matrix.progress import texts
from ipv6matrix.progress.status import (
    FINISHED,
    KILLED,
    NONE,
    PUBLISHING,
    RUNNING,
    STARTING,
    STOPPED,
    SharedStatus,
    Status,
    status,
)
from ipv6matrix.store.newest import newest

_GOES_ON = "not running (rerun the same command to resume)"
_STATES = {
    STARTING: "starting, process {process}",
    RUNNING: "running, process {process}",
    PUBLISHING: "all requests done; being exported by process {process}",
    STOPPED: f"stopped ({{end_reason}}); {_GOES_ON}",
    KILLED: f"interrupted; {_GOES_ON}",
    FINISHED: "finished",
    NONE: "no crawl",
}


class Command(ReadingCommand):
    def syntax(self) -> str:
        return "[JOBDIR] [--json]"

    def short_desc(self) -> str:
        return "Show the progress of a crawl; by default that in STORE_URL or JOBDIR"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print JSON")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if len(args) > 1:
            raise UsageError("Too many arguments: name one folder, or none for STORE_URL or JOBDIR [ARGUMENT_INVALID]")
        if self.settings.get("STORE_URL") and not args:
            now: Status = _shared(self.settings)
        else:
            now = _look(Path(args[0] if args else self.settings.get("JOBDIR")).expanduser())
        if opts.json:
            print(json.dumps(now.dump(), indent=1))  # noqa: T201 - the output of the command
        else:
            self._show(now)
        self.exitcode = 1 if now.state == NONE else 0

    def _show(self, now: Status) -> None:
        # Imported late: Scrapy imports all commands.
        from rich.console import Console  # noqa: PLC0415

        console = Console(soft_wrap=True, highlight=False)
        console.print(f"{now.database}: {_state(now)}")
        if now.state == NONE and (file := newest(self.output_dir)):
            console.print(f"Newest finished crawl: {file}")
        if now.run:
            starts = "once" if now.starts == 1 else f"{now.starts} times"
            console.print(f"Run {now.run}, started {starts}{_age(now)}")
        if now.figures is not None:
            console.print(texts.page(now.figures, now.waits_for, runs=now.state == RUNNING))
        if isinstance(now, SharedStatus):
            console.print(texts.workers(now.workers, now.unowned))


def _state(now: Status) -> str:
    if isinstance(now, SharedStatus) and now.state == RUNNING:
        running = sum(worker.state == RUNNING for worker in now.workers)
        return f"running, {running} of {len(now.workers)} processes"
    reason = now.end_reason or ("no process" if isinstance(now, SharedStatus) else "never started")
    return _STATES[now.state].format(process=now.process, end_reason=reason)


def _shared(settings: BaseSettings) -> SharedStatus:
    if messages := checks.problems(settings, ("STORE_URL",)):
        raise UsageError("\n".join(messages), print_help=False)
    # Imported here: it needs the packages of an extra.
    from ipv6matrix.cluster.overview import overview  # noqa: PLC0415

    try:
        return overview(settings.get("STORE_URL"))
    except StoreError as error:
        raise UsageError(str(error), print_help=False) from error


def _look(place: Path) -> Status:
    """Treat a folder as a job, and a file as a database that no process writes."""
    try:
        if place.is_file():
            return status(place, None)
        return status(place / "ips.db", runner(place))
    except StoreError as error:
        raise UsageError(str(error), print_help=False) from error
    except OSError as error:
        raise UsageError(
            f"Cannot read {str(place)!r} ({error.strerror}): name a folder that you may read [FOLDER_NOT_READABLE]",
            print_help=False,
        ) from error


def _age(now: Status) -> str:
    if now.ended_at is not None:
        return f", ended {texts.duration(time.time() - now.ended_at)} ago"
    return f", last recorded {texts.duration(time.time() - now.noted_at)} ago" if now.noted_at else ""
