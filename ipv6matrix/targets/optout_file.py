"""
Changes of an opt-out file: entries come and go one by one, and whatever else it says stays.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipv6matrix.exceptions import OptOutError
from ipv6matrix.targets import optouts
from ipv6matrix.targets.optouts import entry
from ipv6matrix.targets.policy import Network

Entry = Network | str


class OptOutFile:
    """One opt-out file. Each change puts a whole new file in its place, so that a crawl never reads half of one."""

    def __init__(self, path: Path) -> None:
        # A link keeps pointing to the file.
        self._path = path.expanduser().resolve()

    def entries(self) -> list[str]:
        """Give the lines that hold an entry, with their comments; raises OptOutError."""
        return [line.strip() for line in self._lines() if _held(line) is not None]

    def add(self, texts: list[str], comment: str = "") -> list[str]:
        """
        Add entries, each with a comment, and say of each what became of it.

        What a broader entry covers is not added. Raises OptOutError, and
        changes nothing, when a text is no entry or the file cannot be read.
        """
        wanted = {text: parse(text) for text in texts}
        with self._changing() as lines:
            said = []
            for text, one in wanted.items():
                if cover := _cover(one, lines):
                    said.append(f"{text} is covered already, by {cover}")
                else:
                    lines.append(f"{shown(one)}  # {comment}" if comment else shown(one))
                    said.append(f"{shown(one)} is opted out")
        return said

    def remove(self, texts: list[str]) -> list[str]:
        """Take entries out, and say of each what became of it; raises OptOutError as `add` does."""
        wanted = {text: parse(text) for text in texts}
        with self._changing() as lines:
            said = []
            for text, one in wanted.items():
                kept = [line for line in lines if _held(line) != one]
                what = "is not in the file" if len(kept) == len(lines) else "is taken out"
                lines[:] = kept
                cover = _cover(one, lines)
                said.append(f"{text} {what}" + (f", but stays opted out by {cover}" if cover else ""))
        return said

    @contextmanager
    def _changing(self) -> Iterator[list[str]]:
        """Give the lines to change; nobody else changes them meanwhile."""
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
        """Return the lines, with the number of entries where a crawl would take the file for a damaged one."""
        lines = [line for line in lines if not optouts.is_declaration(line)]
        left = optouts.parse(lines, self._path)
        lost = left.are_lost_from(len(optouts.parse(before, self._path)))
        return [*lines, optouts.declaration(len(left))] if lost else lines

    def _lines(self) -> list[str]:
        if not self._path.exists():
            return []
        try:
            lines = self._path.read_text("utf-8-sig").splitlines()
        except (OSError, UnicodeError) as error:
            what = getattr(error, "strerror", "not UTF-8 text")
            raise OptOutError(f"Cannot read {str(self._path)!r} ({what}): name a text file") from error
        optouts.parse(lines, self._path)
        return lines

    def _replace(self, lines: list[str]) -> None:
        beside = self._path.with_name(f".{self._path.name}.new")
        with beside.open("w", encoding="utf-8") as stream:
            if self._path.exists():
                os.fchmod(stream.fileno(), self._path.stat().st_mode & 0o777)
            stream.writelines(f"{line}\n" for line in lines)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(self._path)


def parse(text: str) -> Entry:
    """Read an entry; raises OptOutError."""
    found = entry(text.strip())
    if found is None:
        raise OptOutError(
            f"{text!r} is neither a domain nor a network: use e.g. example.com, 192.0.2.7 or 2001:db8::/32"
        )
    return found


def shown(one: Entry) -> str:
    """Write an entry as the file has it; a network of one address as the address."""
    if isinstance(one, str):
        return one
    return str(one.network_address if one.num_addresses == 1 else one)


def _held(line: str) -> Entry | None:
    text = line.partition("#")[0].strip()
    return entry(text) if text else None


def _cover(one: Entry, lines: list[str]) -> str | None:
    """Give the entry that holds one already: itself or a broader one."""
    found = (held for line in lines if (held := _held(line)) is not None)
    return next((shown(held) for held in found if _covers(held, one)), None)


def _covers(broad: Entry, one: Entry) -> bool:
    if isinstance(broad, str) or isinstance(one, str):
        return isinstance(broad, str) and isinstance(one, str) and f".{one}".endswith(f".{broad}")
    return broad.version == one.version and one.subnet_of(broad)  # type: ignore[arg-type]  # of one family
