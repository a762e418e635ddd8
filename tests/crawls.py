"""
Runs crawls as an operator does: the command, in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent


def command(domains: Path, settings: Mapping[str, object], *arguments: str) -> list[str]:
    """Give the command line of a crawl."""
    chosen = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    return [sys.executable, "-m", "scrapy", "crawl", "matrix", "-a", f"domains={domains}", *chosen, *arguments]


def folders(place: Path) -> dict[str, object]:
    """Give the settings that keep a crawl within a folder; no simulated server needs time to recover."""
    own = {"GEOIP_DIR": place / "geoip", "LISTS_DIR": place / "lists"}
    return own | {"JOBDIR": place / "current", "OUTPUT_DIR": place, "SECOND_PASS_AFTER": 0}


def crawl(
    domains: Path, settings: Mapping[str, object], *arguments: str, timeout_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a crawl to its end and give its status, output and log."""
    return subprocess.run(
        command(domains, settings, *arguments), cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
    )
