"""
Origins of downloaded lists: a hidden note next to each file, from which a crawl records which list it used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ipv6matrix.exceptions import ListError
from ipv6matrix.files import replacing
from ipv6matrix.reference.transfer import Version
from ipv6matrix.targets import lists

# File with the operator's own domains, read after a downloaded list.
SUPPLEMENT: Final = "supplemental.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Origin of a downloaded list."""

    name: str
    "`majestic` or `tranco`."
    file: str
    "Path of the file."
    url: str
    date: str
    "Date of the list according to its server, YYYY-MM-DD in UTC; otherwise the date of the download."
    id: str | None
    "Tranco's identifier of the list, under which it stays available at https://tranco-list.eu/list/ID."
    sha256: str
    "SHA-256 of the file, in hexadecimal."
    domains: int
    fetched_at: int
    "Seconds since 1970, UTC."
    etag: str | None
    modified: str | None

    @property
    def version(self) -> Version:
        return Version(url=self.url, etag=self.etag, modified=self.modified)


def downloaded(folder: Path, name: str | None = None) -> list[Source]:
    """Return the downloaded lists in a folder, oldest first."""
    sources = (of(file) for file in folder.glob(f"{name or '*'}-*.csv"))
    return sorted((source for source in sources if source), key=lambda source: (source.fetched_at, source.file))


def newest(folder: Path, name: str) -> Source | None:
    """Return the most recently downloaded list of a name, or None."""
    return next(reversed(downloaded(folder, name)), None)


def of(file: Path) -> Source | None:
    """Return the origin of a file; None if it was not downloaded or no longer exists."""
    try:
        source = Source(**json.loads(_note(file).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return replace(source, file=str(file)) if file.is_file() else None


def begun_with(name: str, crawl: Mapping[str, Any] | None) -> Source | None:
    """
    Return the list of that name with which a crawl began, according to its row; None if there is none.

    Raises ListError if that file no longer exists, or has changed.
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
    """Return the path of the operator's own list that is read after a downloaded one; empty if there is none."""
    path = Path(source.file).with_name(SUPPLEMENT)
    return str(path) if path.is_file() else ""


def write(source: Source) -> None:
    """Write the note of a list, atomically."""
    with replacing(_note(Path(source.file))) as temporary:
        temporary.write_text(json.dumps(asdict(source), indent=1), "utf-8")


def _note(file: Path) -> Path:
    return file.with_name(f".{file.stem}.json")
