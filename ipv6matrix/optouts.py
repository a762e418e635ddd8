"""
Domains and networks that are never asked: who opted out.
"""

from __future__ import annotations

import logging
import time
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from ipv6matrix import lists
from ipv6matrix.policy import Network, holds

logger = logging.getLogger(__name__)

# Seconds between looks at the file: an opt-out added during a crawl is respected from then on.
_LOOK_INTERVAL: Final = 1.0


class OptOutError(Exception):
    """A line of the opt-out file that is neither a domain nor a network; the message names it."""


class OptOuts:
    """The entries of an opt-out file: one domain, address or network a line, `#` for comments."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked_at = 0.0
        self._modified_at: float | None = 0.0
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
            if text and not (self._take_network(text, networks) or self._take_domain(text, domains)):
                raise OptOutError(f"{str(self._path)!r} line {number}: {text!r} is neither a domain nor a network")
        self._domains, self._networks = domains, tuple(networks)

    def holds_name(self, name: str) -> bool:
        """Tell whether a name is opted out, or lies below one that is."""
        labels = name.split(".")
        return any(".".join(labels[start:]) in self._domains for start in range(len(labels)))

    def holds_address(self, address: str) -> bool:
        """Tell whether an address is opted out."""
        return bool(self._networks) and holds(self._networks, address)

    def look(self) -> None:
        """Read the file again if it has changed; an unreadable change leaves what was read before."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_INTERVAL:
            return
        self._looked_at = now
        modified_at = self._modification()
        if modified_at == self._modified_at:
            return
        self._modified_at = modified_at
        try:
            self.read()
        except (OSError, UnicodeError, OptOutError) as error:
            logger.warning("The opt-out file cannot be read; what it said before holds on: %s", error)

    def _modification(self) -> float | None:
        try:
            return self._path.stat().st_mtime
        except OSError:
            return None

    def _take_network(self, text: str, networks: list[Network]) -> bool:
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            return False
        return True

    def _take_domain(self, text: str, domains: set[str]) -> bool:
        name = lists.clean(text)
        if isinstance(name, str):
            domains.add(name)
        return isinstance(name, str)
