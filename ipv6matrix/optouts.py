"""
Domains and networks that are never asked: who opted out.
"""

from __future__ import annotations

import logging
from pathlib import Path

from ipv6matrix import names
from ipv6matrix.embedded import ipv4_within
from ipv6matrix.policy import Network, holds

logger = logging.getLogger(__name__)


class OptOutError(Exception):
    """A line of the opt-out file that is neither a domain nor a network; the message names it."""


class OptedOutError(Exception):
    """Whoever is being asked has opted out meanwhile."""


def entry(text: str) -> Network | str | None:
    """Read an entry: a network or address, a domain, or a URL of either; None for what is none of them."""
    if "//" in text:
        return names.network(names.host(text)) or names.domain(text)
    # The domain of a mail address is seldom its owner's.
    return None if "@" in text else names.network(text) or names.domain(text)


class OptOuts:
    """The entries of an opt-out file: one domain, address or network a line, `#` for comments."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = self._stat()
        self._domains: set[str] = set()
        self._networks: tuple[Network, ...] = ()
        self.read()

    def read(self) -> None:
        """
        Read the file.

        Raises OptOutError for a line that says nothing, OSError for no file.
        """
        domains: set[str] = set()
        networks: list[Network] = []
        for number, line in enumerate(self._path.read_text("utf-8-sig").splitlines(), start=1):
            text = line.partition("#")[0].strip()
            held = entry(text) if text else None
            if isinstance(held, str):
                domains.add(held)
            elif held is not None:
                networks.append(held)
            elif text:
                raise OptOutError(f"{str(self._path)!r} line {number}: {text!r} is neither a domain nor a network")
        self._domains, self._networks = domains, tuple(networks)

    def holds_name(self, name: str) -> bool:
        """Tell whether a name is opted out, or lies below one that is."""
        labels = name.split(".")
        return any(".".join(labels[start:]) in self._domains for start in range(len(labels)))

    def holds_address(self, address: str) -> bool:
        """Tell whether an address is opted out, or an IPv4 address that it embeds."""
        return bool(self._networks) and any(holds(self._networks, one) for one in (address, *ipv4_within(address)))

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
            logger.warning("The opt-out file cannot be read; what it said before holds on: %s", error)

    def _stat(self) -> tuple[int, ...] | None:
        """Tell one version of the file from another, be it changed in place or put in its place."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
