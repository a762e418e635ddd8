"""Runs crawls as an operator does: the command, in a separate process."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import typed


def command(domains: Path, settings: Mapping[str, object], *arguments: str) -> list[str]:
    """Return the command line of a crawl."""
    return typed.command(*_words(domains), *arguments, **settings)


def folders(place: Path) -> dict[str, object]:
    """Return the settings that keep a crawl within a folder; no simulated server needs time to recover."""
    own = {"GEOIP_DIR": place / "geoip", "LISTS_DIR": place / "lists"}
    return own | {"JOBDIR": place / "current", "OUTPUT_DIR": place, "SECOND_PASS_AFTER": 0}


def crawl(
    domains: Path,
    settings: Mapping[str, object],
    *arguments: str,
    timeout_s: float = 300,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a crawl to its end and return its status, output and log."""
    return typed.run(*_words(domains), *arguments, timeout_s=timeout_s, environment=environment, **settings)


def _words(domains: Path) -> tuple[str, ...]:
    return "crawl", "matrix", "-a", f"domains={domains}"
