"""
Hosts from which web pages load something.
"""

from __future__ import annotations

from dataclasses import dataclass

from ipv6matrix.items.base import Answered
from ipv6matrix.items.dns import LookupObservation


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdPartyObservation:
    """The addresses of a host that a page refers to; none of them is probed."""

    a: LookupObservation
    aaaa: LookupObservation


@dataclass(slots=True, kw_only=True)
class ThirdPartyItem(Answered):
    """A host that pages refer to, with its lookups, or the reason why it was excluded."""

    name: str
    addresses: ThirdPartyObservation | None = None
    refusal: str | None = None
