"""
Whether names resolve over IPv6 alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ipv6matrix.items.base import Answered, Failure
from ipv6matrix.items.dns import Status


class Resolvability(StrEnum):
    """Whether a resolver without IPv4 finds a name."""

    RESOLVABLE = "resolvable"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvabilityObservation:
    """
    The same lookup at a resolver without IPv4 and, if it fails there twice, at an ordinary one.

    A denial is an answer. If both resolvers fail, the failure is not one of IPv6 alone; no reply proves nothing.
    """

    name: str
    type: str
    answer: Resolvability
    status: Status | Failure
    "How the last lookup at the resolver without IPv4 ended."
    parent: Status | Failure | None = None
    "How the lookup of the SOA record of the name above ended there; None unless `broken`."
    asked_at: float


@dataclass(slots=True, kw_only=True)
class ResolvabilityItem(Answered):
    """Whether a name resolves over IPv6 alone."""

    observation: ResolvabilityObservation | None = None
    "None if the name was excluded."
