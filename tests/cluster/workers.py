"""
Several processes that share one crawl.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import crawls, typed

GIVE_UP_S = 300.0


@dataclass
class Workers:
    """Starts processes with one command, each in a folder of its own."""

    place: Path
    domains: Path
    settings: Mapping[str, object]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, group: int | None = None, **more: object) -> subprocess.Popen[bytes]:
        """Start one more process, with another group if one is given."""
        folder = self.place / f"worker-{len(self.processes)}"
        folder.mkdir(parents=True)
        settings = dict(self.settings) | crawls.folders(folder) | more
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                crawls.command(self.domains, settings),
                cwd=typed.ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                group=group,
            )
        self.processes.append(process)
        return process

    def wait(self) -> None:
        """Wait until all processes that were not killed have ended."""
        deadline = time.monotonic() + GIVE_UP_S
        for number, process in enumerate(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(1.0, deadline - time.monotonic()))
            assert process.returncode in (0, -9), self.log(number)[-3000:]

    def log(self, number: int) -> str:
        return (self.place / f"worker-{number}" / "log").read_text()

    @property
    def logs(self) -> str:
        return "\n".join(map(self.log, range(len(self.processes))))


@contextmanager
def workers(place: Path, domains: Path, settings: Mapping[str, object]) -> Iterator[Workers]:
    """Kill the processes that are left at the end."""
    some = Workers(place, domains, settings)
    try:
        yield some
    finally:
        for process in some.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
