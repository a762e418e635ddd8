"""
Which of the finished crawls in a folder is the newest.

Their names tell when they began, by a clock that may have been wrong or set
back; so a crawl that is published here is noted in the order it comes in. Files
that came otherwise, by an import or a copy, have their names alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

# Hidden, so that a folder of results shows results.
_ORDER: Final = ".published"


def note(file: Path) -> None:
    """Note that a crawl was published in its folder; raises OSError."""
    with file.with_name(_ORDER).open("a", encoding="utf-8") as order:
        order.write(f"{file.name}\n")


def newest(folder: Path) -> Path | None:
    """Return the newest finished crawl of a folder: the last published, unless a file from elsewhere began later."""
    files = {file.name: file for file in folder.glob("ips-*.db")}
    published = [name for name in _order(folder) if name in files]
    older = set(published[:-1]) - set(published[-1:])
    # Not by the whole name: ips-RUN-2.db would come before ips-RUN.db.
    return max((file for name, file in files.items() if name not in older), default=None, key=lambda file: file.stem)


def is_taken(folder: Path, run: str) -> bool:
    """Tell whether there are results of a run of that name in a folder, in whatever form."""
    forms = (f"ips-{run}.db", f"ips-{run}-*.db", f"report-{run}.html", f"*/{run}")
    return any(next(folder.glob(form), None) for form in forms)


def _order(folder: Path) -> list[str]:
    try:
        return (folder / _ORDER).read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
