"""
HTTPS records.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HttpsMode(StrEnum):
    """What the HTTPS records of a name are; the absence of records has a word too."""

    NONE = "none"
    ALIAS = "alias"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsRecord:
    """
    One HTTPS record (RFC 9460 section 9).

    A record of priority 0 is an alias (AliasMode), any other describes a service (ServiceMode).
    """

    priority: int
    target: str
    "Empty for the root: the owner itself or, in AliasMode, no service (RFC 9460 section 2.5)."
    alpn: tuple[str, ...] = ()
    port: int | None = None
    ipv4hint: tuple[str, ...] = ()
    ipv6hint: tuple[str, ...] = ()
    ech: bool = False
    "True if it has keys for Encrypted ClientHello; they change often and are not kept."

    @property
    def mode(self) -> HttpsMode:
        """Return whether the record is an alias or a service."""
        return HttpsMode.SERVICE if self.priority else HttpsMode.ALIAS
