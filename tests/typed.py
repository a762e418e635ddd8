"""Runs commands of the project in a separate process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
"The folder of the project, in which commands run."


def command(name: str, *words: object, **settings: object) -> list[str]:
    """Return the command line of a `scrapy` command; words come after settings, and may override them."""
    chosen = [word for setting, value in settings.items() for word in ("-s", f"{setting}={value}")]
    return [sys.executable, "-m", "scrapy", name, *chosen, *map(str, words)]


def run(
    name: str,
    *words: object,
    timeout_s: float = 120,
    environment: Mapping[str, str] | None = None,
    **settings: object,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its status, output and errors."""
    return subprocess.run(
        command(name, *words, **settings),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
