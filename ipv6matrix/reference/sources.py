"""
Where the lists that are kept came from: a hidden note beside each, so that a crawl can record which list it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ipv6matrix.exceptions import ListError
from ipv6matrix.reference.transfer import Version
from ipv6matrix.targets import lists

# Domains of an operator's own, read after a list that was fetched.
SUPPLEMENT: Final = "supplemental.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a kept list came from."""

    name: str
    "`majestic` or `tranco`."
    file: str
    "Its path."
    url: str
    date: str
    "The day of the list as its server tells it, YYYY-MM-DD in UTC; else the day it was fetched."
    id: str | None
    "Tranco's name of the list, under which it stays at https://tranco-list.eu/list/ID."
    sha256: str
    "SHA-256 of the file's bytes, hexadecimal."
    domains: int
    fetched_at: int
    "Seconds since 1970, UTC."
    etag: str | None
    modified: str | None

    @property
    def version(self) -> Version:
        return Version(url=self.url, etag=self.etag, modified=self.modified)


def kept(folder: Path, name: str | None = None) -> list[Source]:
    """Give the lists of a folder that were fetched and are still there, oldest first."""
    found = (of(file) for file in folder.glob(f"{name or '*'}-*.csv"))
    return sorted((one for one in found if one), key=lambda one: (one.fetched_at, one.file))


def newest(folder: Path, name: str) -> Source | None:
    """Give the list of a name that was fetched last."""
    return next(reversed(kept(folder, name)), None)


def of(file: Path) -> Source | None:
    """Tell where a file of a list came from; None for one that was not fetched."""
    try:
        source = Source(**json.loads(_note(file).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return replace(source, file=str(file)) if file.is_file() else None


def begun_with(name: str, crawl: Mapping[str, Any] | None) -> Source | None:
    """
    Give the list of a name that a crawl, by its row, began with; None for a new crawl, or one of another list.

    Raises ListError when that file is not there any more, or has changed.
    """
    notes = json.loads((crawl or {}).get("list_source") or "[]")
    source = next((Source(**note) for note in notes if note["name"] == name), None)
    if source and lists.digest(lists.paths(source.file)) != source.sha256:
        raise ListError(
            f"{source.file!r} has changed since the crawl began: restore it, or start another crawl with -s JOBDIR=",
            code="LIST_CHANGED",
        )
    return source


def supplement(source: Source) -> str:
    """Give the path of what is read after a list, or nothing."""
    path = Path(source.file).with_name(SUPPLEMENT)
    return str(path) if path.is_file() else ""


def write(source: Source) -> None:
    """Write the note of a list, all of it or nothing."""
    note = _note(Path(source.file))
    beside = note.with_suffix(".new")
    beside.write_text(json.dumps(asdict(source), indent=1), "utf-8")
    beside.rename(note)


def _note(file: Path) -> Path:
    return file.with_name(f".{file.stem}.json")
