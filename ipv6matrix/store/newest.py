"""
Determines the newest of the finished crawls in a folder.

File names contain the start of a crawl, by a clock that may have been wrong or
set back; so each published crawl is recorded in the order of publication. For
files from elsewhere, imported or copied, there are only the names.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

# Hidden, so that the folder shows only results.
_ORDER: Final = ".published"


def note(file: Path) -> None:
    """Record that a crawl was published in its folder; raises OSError."""
    with file.with_name(_ORDER).open("a", encoding="utf-8") as order:
        order.write(f"{file.name}\n")


def newest(folder: Path) -> Path | None:
    """Return the newest finished crawl of a folder: the last published, unless a file from elsewhere began later."""
    files = {file.name: file for file in folder.glob("ips-*.db")}
    published = [name for name in _order(folder) if name in files]
    older = set(published[:-1]) - set(published[-1:])
    # Compare stems: by the full name, ips-RUN-2.db would precede ips-RUN.db.
    return max((file for name, file in files.items() if name not in older), default=None, key=lambda file: file.stem)


def run_name(started_at: float) -> str:
    """Return the name of a run, its start in UTC: YYYY-MM-DD__HH-MM-SS."""
    return time.strftime("%Y-%m-%d__%H-%M-%S", time.gmtime(started_at))


def is_taken(folder: Path, run: str) -> bool:
    """Return whether a folder contains results of a run with that name, in any format."""
    forms = (f"ips-{run}.db", f"ips-{run}-*.db", f"report-{run}.html", f"*/{run}")
    return any(next(folder.glob(form), None) for form in forms)


def _order(folder: Path) -> list[str]:
    try:
        return (folder / _ORDER).read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
