"""
Domains and networks that are never asked: who opted out.
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

# The comment with which a file says that it is whole: after many entries were lifted on purpose.
_DECLARED = re.compile(r"#\s*entries:\s*(\d+)\s*")


class OptedOutError(Exception):
    """Whoever is being asked has opted out meanwhile."""


def entry(text: str) -> Network | str | None:
    """Read an entry: a network or address, a domain, or a URL of either; None for what is none of them."""
    if "//" in text:
        return names.network(names.host(text)) or names.domain(text)
    # The domain of a mail address is seldom its owner's.
    return None if "@" in text else names.network(text) or names.domain(text)


@dataclass(frozen=True, slots=True)
class Entries:
    """What an opt-out file holds."""

    domains: frozenset[str] = frozenset()
    networks: frozenset[Network] = frozenset()
    declared: int | None = None
    "The number of entries that the file itself says it has."

    def __len__(self) -> int:
        return len(self.domains) + len(self.networks)

    def __or__(self, other: Entries) -> Entries:
        return Entries(self.domains | other.domains, self.networks | other.networks)

    def are_lost_from(self, earlier: int) -> bool:
        """Return whether so few are left of an earlier number that the file must be damaged, unless it says not."""
        return 2 * len(self) < earlier and self.declared != len(self)


def parse(lines: Iterable[str], path: Path) -> Entries:
    """Read the lines of an opt-out file; raises OptOutError for one that says nothing."""
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
            raise OptOutError(f"{str(path)!r} line {number}: {text!r} is neither a domain nor a network")
        elif found := _DECLARED.fullmatch(line.strip()):
            declared = int(found[1])
    return Entries(frozenset(domains), frozenset(networks), declared)


def declaration(number: int) -> str:
    """Return the comment with which a file of that many entries says that it is whole."""
    return f"# entries: {number}"


def is_declaration(line: str) -> bool:
    return bool(_DECLARED.fullmatch(line.strip()))


class OptOuts:
    """
    The entries of an opt-out file: one domain, address or network a line, `#` for comments.

    A file that suddenly holds less than half of its entries, or none, is taken
    for a damaged one: the old entries hold on until `scrapy optout` or the
    comment `# entries: NUMBER` says that it is whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = self._stat()
        self.entries = Entries()
        self.read()

    def read(self) -> None:
        """
        Read the file.

        Raises OptOutError for a line that says nothing, OSError for no file.
        """
        found = parse(self._path.read_text("utf-8-sig").splitlines(), self._path)
        if not found.are_lost_from(len(self.entries)):
            self.entries = found
            return
        logger.warning(
            "%s has %d entries instead of %d: the missing ones stay opted out. Restore the file, or confirm the"
            " change by adding the line '%s' [OPTOUT_SHRUNK]",
            self._path,
            len(found),
            len(self.entries),
            declaration(len(found)),
        )
        self.entries |= found

    def contains_name(self, name: str) -> bool:
        """Tell whether a name is opted out, or lies below one that is."""
        labels = name.split(".")
        return any(".".join(labels[start:]) in self.entries.domains for start in range(len(labels)))

    def contains_address(self, address: str) -> bool:
        """Tell whether an address is opted out, or an IPv4 address that it embeds."""
        networks = self.entries.networks
        return bool(networks) and any(contains(networks, one) for one in (address, *ipv4_within(address)))

    def look(self) -> None:
        """Read the file again if it has changed; an unreadable change leaves what was read before."""
        # Some 2 µs, so each question can look.
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
        """Tell one version of the file from another, be it changed in place or put in its place."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
