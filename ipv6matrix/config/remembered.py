"""
The contact that the user has entered once, in a file of the user (XDG Base Directory Specification).
"""

from __future__ import annotations

import os
from pathlib import Path


def path() -> Path:
    """Return the file with the contact."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "ipv6matrix" / "contact"


def contact() -> str:
    """Return the remembered contact; empty if there is none."""
    try:
        return path().read_text("utf-8").strip()
    except OSError:
        return ""


def remember(text: str) -> None:
    """Write the contact; raises OSError if the file cannot be written."""
    path().parent.mkdir(parents=True, exist_ok=True)
    path().write_text(f"{text}\n", "utf-8")
