"""
Opt-outs: domains and networks that are never probed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ipv6matrix.exceptions import OptOutError
from ipv6matrix.targets import names
from ipv6matrix.targets.embedded import ipv4_within
from ipv6matrix.targets.policy import Network, contains

logger = logging.getLogger(__name__)

# A comment that declares the number of entries: the file is complete, although many entries were removed.
_DECLARED = re.compile(r"#\s*entries:\s*(\d+)\s*")


class OptedOutError(Exception):
    """The target of a running probe has opted out."""


def entry(text: str) -> Network | str | None:
    """Parse an entry: a network or address, a domain, or a URL of either; None if it is none of these."""
    if "//" in text:
        return names.network(names.host(text)) or names.domain(text)
    # A mail address is no entry: its domain seldom belongs to its owner.
    return None if "@" in text else names.network(text) or names.domain(text)


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of an opt-out file."""

    domains: frozenset[str] = frozenset()
    networks: frozenset[Network] = frozenset()
    declared: int | None = None
    "Number of entries that the file declares."

    def __len__(self) -> int:
        return len(self.domains) + len(self.networks)

    def __or__(self, other: Entries) -> Entries:
        # Without further entries, the number that the file declares is theirs as well.
        declared = None if len(other) else self.declared
        return Entries(self.domains | other.domains, self.networks | other.networks, declared)

    def are_lost_from(self, earlier: int) -> bool:
        """Return whether less than half of an earlier number is left, and the file does not declare its number."""
        return 2 * len(self) < earlier and self.declared != len(self)


def parse(lines: Iterable[str], place: Path | str) -> Entries:
    """Parse the lines of an opt-out list; raises OptOutError for an invalid line."""
    domains: set[str] = set()
    networks: set[Network] = set()
    declared = None
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        held = entry(text) if text else None
        if isinstance(held, str):
            domains.add(held)
        elif held is not None:
            networks.add(held)
        elif text:
            raise OptOutError(f"{str(place)!r} line {number}: {text!r} is neither a domain nor a network")
        elif match := _DECLARED.fullmatch(line.strip()):
            declared = int(match[1])
    return Entries(frozenset(domains), frozenset(networks), declared)


def declaration(number: int) -> str:
    """Return the comment that declares a file with that many entries complete."""
    return f"# entries: {number}"


def is_declaration(line: str) -> bool:
    return bool(_DECLARED.fullmatch(line.strip()))


class OptOuts:
    """
    The entries of an opt-out file: one domain, address or network per line, `#` for comments.

    A file that suddenly contains less than half of its entries, or none, is
    considered damaged: the old entries remain in force until `scrapy optout` or
    the comment `# entries: NUMBER` declares it complete.

    A shared crawl has further entries, and perhaps no file.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._version = self._stat()
        self._of_file = self._shared = Entries()
        self.entries = Entries()
        "Those in force."
        self.read()

    def read(self) -> None:
        """
        Read the file, if there is one.

        Raises OptOutError for an invalid line, OSError if there is no file.
        """
        if self._path is None:
            return
        entries = parse(self._path.read_text("utf-8-sig").splitlines(), self._path)
        lost = entries.are_lost_from(len(self._of_file))
        if lost:
            self._warn(entries)
        self._of_file = self._of_file | entries if lost else entries
        self.entries = self._of_file | self._shared

    def share(self, lines: Iterable[str], place: str) -> None:
        """Replace the entries of the shared crawl; those of an invalid list are not in force."""
        try:
            self._shared = parse(lines, place)
        except OptOutError as error:
            logger.warning("The previous opt-outs stay in force: %s [OPTOUT_INVALID]", error)
        self.entries = self._of_file | self._shared

    def _warn(self, entries: Entries) -> None:
        logger.warning(
            "%s has %d entries instead of %d: the missing ones stay opted out. Restore the file, or confirm the"
            " change by adding the line '%s' [OPTOUT_SHRUNK]",
            self._path,
            len(entries),
            len(self._of_file),
            declaration(len(entries)),
        )

    def contains_name(self, name: str) -> bool:
        """Return whether a name or one of its parent domains is opted out."""
        labels = name.split(".")
        return any(".".join(labels[start:]) in self.entries.domains for start in range(len(labels)))

    def contains_address(self, address: str) -> bool:
        """Return whether an address, or an IPv4 address that it embeds, is opted out."""
        networks = self.entries.networks
        return bool(networks) and any(contains(networks, variant) for variant in (address, *ipv4_within(address)))

    def look(self) -> None:
        """Reload the file if it has changed; if it cannot be read, the previous entries remain in force."""
        # Takes some 2 µs, so every request can afford it.
        version = self._stat()
        if version == self._version:
            return
        self._version = version
        try:
            self.read()
        except (OSError, UnicodeError, OptOutError) as error:
            logger.warning(
                "Cannot read the opt-out file; the previous entries stay in force: %s [OPTOUT_INVALID]", error
            )

    def _stat(self) -> tuple[int, ...] | None:
        """Return a value that changes when the file is modified or replaced; None if there is none."""
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
