"""
Adds and removes entries of opt-outs; everything else in a file stays as it is.
"""

from __future__ import annotations

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ipv6matrix.exceptions import OptOutError
from ipv6matrix.files import replacing
from ipv6matrix.targets import optouts
from ipv6matrix.targets.optouts import entry
from ipv6matrix.targets.policy import Network

Entry = Network | str


class OptOutList(ABC):
    """Lines with an entry each, or only a comment."""

    @abstractmethod
    def _lines(self) -> list[str]:
        """Return all lines; raises OptOutError if they cannot be read."""

    @abstractmethod
    def _changing(self) -> AbstractContextManager[list[str]]:
        """Yield the lines to be changed, while no other process changes them."""

    def entries(self) -> list[str]:
        """Return the lines that contain an entry, with their comments; raises OptOutError."""
        return [line.strip() for line in self._lines() if _entry_of(line) is not None]

    def add(self, texts: list[str], comment: str = "") -> list[str]:
        """
        Add entries, each with a comment; return a message for each.

        An entry that a broader one covers is not added. Raises OptOutError, and
        changes nothing, if any entry is invalid or the lines cannot be read.
        """
        entries = {text: parse(text) for text in texts}
        with self._changing() as lines:
            results = []
            for text, new_entry in entries.items():
                if cover := _cover(new_entry, lines):
                    results.append(f"{text} is covered already, by {cover}")
                else:
                    lines.append(f"{shown(new_entry)}  # {comment}" if comment else shown(new_entry))
                    results.append(f"{shown(new_entry)} is opted out")
        return results

    def remove(self, texts: list[str]) -> list[str]:
        """Remove entries; return a message for each. Raises OptOutError as `add` does."""
        entries = {text: parse(text) for text in texts}
        with self._changing() as lines:
            results = []
            for text, removed in entries.items():
                remaining = [line for line in lines if _entry_of(line) != removed]
                outcome = "is not listed" if len(remaining) == len(lines) else "is taken out"
                lines[:] = remaining
                cover = _cover(removed, lines)
                results.append(f"{text} {outcome}" + (f", but stays opted out by {cover}" if cover else ""))
        return results


class OptOutFile(OptOutList):
    """One opt-out file. Each change puts a whole new file in its place, so that a crawl never reads half of one."""

    def __init__(self, path: Path) -> None:
        # Resolve links, so that a change replaces the file itself and not the link.
        self._path = path.expanduser().resolve()

    @contextmanager
    def _changing(self) -> Iterator[list[str]]:
        """Yield the lines to be changed, holding a lock against other processes."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                lines = self._lines()
                before = list(lines)
                yield lines
                if lines != before:
                    self._replace(self._declared(lines, before))
            finally:
                os.close(folder)
        except OSError as error:
            raise OptOutError(
                f"Cannot write {str(self._path)!r} ({error.strerror}): free disk space or fix the permissions",
                code="OUTPUT_NOT_WRITABLE",
            ) from error

    def _declared(self, lines: list[str], before: list[str]) -> list[str]:
        """Return the lines; with a declaration of their number if a crawl would otherwise take the file for damaged."""
        lines = [line for line in lines if not optouts.is_declaration(line)]
        remaining = optouts.parse(lines, self._path)
        lost = remaining.are_lost_from(len(optouts.parse(before, self._path)))
        return [*lines, optouts.declaration(len(remaining))] if lost else lines

    def _lines(self) -> list[str]:
        if not self._path.exists():
            return []
        try:
            lines = self._path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", "not UTF-8 text")
            raise OptOutError(f"Cannot read {str(self._path)!r} ({reason}): name a text file") from error
        optouts.parse(lines, self._path)
        return lines

    def _replace(self, lines: list[str]) -> None:
        with replacing(self._path) as temporary:
            temporary.touch()
            if self._path.exists():
                temporary.chmod(self._path.stat().st_mode & 0o777)
            temporary.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def parse(text: str) -> Entry:
    """Parse an entry; raises OptOutError."""
    parsed = entry(text.strip())
    if parsed is None:
        raise OptOutError(
            f"{text!r} is neither a domain nor a network: use e.g. example.com, 192.0.2.7 or 2001:db8::/32"
        )
    return parsed


def shown(entry: Entry) -> str:
    """Return an entry as it is written to the file; a network of one address as that address."""
    if isinstance(entry, str):
        return entry
    return str(entry.network_address if entry.num_addresses == 1 else entry)


def _entry_of(line: str) -> Entry | None:
    text = line.partition("#")[0].strip()
    return entry(text) if text else None


def _cover(candidate: Entry, lines: list[str]) -> str | None:
    """Return the first entry that covers `candidate`: the same or a broader one; None if there is none."""
    entries = (existing for line in lines if (existing := _entry_of(line)) is not None)
    return next((shown(existing) for existing in entries if _covers(existing, candidate)), None)


def _covers(broad: Entry, narrow: Entry) -> bool:
    if isinstance(broad, str) or isinstance(narrow, str):
        return isinstance(broad, str) and isinstance(narrow, str) and f".{narrow}".endswith(f".{broad}")
    return broad.version == narrow.version and narrow.subnet_of(broad)  # type: ignore[arg-type]  # of one family
