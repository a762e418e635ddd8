"""
What all items share: families, failures, exclusions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

Family = Literal[4, 6]


class Failure(StrEnum):
    """The closed list of reasons why a request has no answer."""

    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    FORMERR = "formerr"
    NOTIMP = "notimp"
    OTHER_RCODE = "other_rcode"
    BAD_REPLY = "bad_reply"
    CNAME_LOOP = "cname_loop"
    NAME_TOO_LONG = "name_too_long"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    CONNECTION_CLOSED = "connection_closed"
    HOST_UNREACHABLE = "host_unreachable"
    NETWORK_UNREACHABLE = "network_unreachable"
    PERMISSION_DENIED = "permission_denied"
    NOT_SMTP = "not_smtp"
    SERVICE_UNAVAILABLE = "service_unavailable"
    HELLO_REFUSED = "hello_refused"
    TLS_FAILED = "tls_failed"
    BAD_RESPONSE = "bad_response"
    PROBE_FAILED = "probe_failed"


# Failures that may be temporary. For a lookup: those that say nothing about the
# name itself. For an address: those that are no answer from the address.
TRANSIENT_LOOKUP_FAILURES = frozenset(
    (
        Failure.TIMEOUT,
        Failure.SERVFAIL,
        Failure.BAD_REPLY,
        Failure.CONNECTION_REFUSED,
        Failure.CONNECTION_RESET,
        Failure.CONNECTION_CLOSED,
        Failure.HOST_UNREACHABLE,
        Failure.NETWORK_UNREACHABLE,
        Failure.PROBE_FAILED,
    )
)
TRANSIENT_ADDRESS_FAILURES = frozenset(
    (Failure.TIMEOUT, Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE, Failure.PROBE_FAILED)
)
# The first-pass outcome of a ping without replies.
NO_REPLY = "no_reply"
# The outcome of a request that an older crawler stored as "n/a": nothing found,
# or an error. Occurs only in imported crawls.
UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """The rule by which a request was excluded; nothing was sent."""

    reason: str
    "A word of `ipv6matrix.targets.policy`: opted_out, private, loopback …"


@dataclass(slots=True, kw_only=True)
class Answered:
    """An item: everything that one answered request adds. Storing it marks the request as done."""

    url: str
    second: bool = False
    "True for an answer of the retry pass: only the parts that failed in the first pass are written."
    follow_ups: tuple[str, ...] = ()
    "URLs of the requests that follow from the answer; they are stored with it, in the same transaction."


# The slot of lookups at a server that the URL names by its address. They need its family, not the resolvers.
AUTHORITIES: Final = "ns"
# First characters of an address in a URL.
_ADDRESS: Final = frozenset("[0123456789")


def slot_of(url: str) -> str:
    """Return the slot of a request: the scheme of its URL, or AUTHORITIES for a lookup at a server that it names."""
    scheme, _, rest = url.partition("://")
    return AUTHORITIES if scheme == "dns" and rest[:1] in _ADDRESS else scheme


@dataclass(slots=True, kw_only=True)
class ExclusionItem(Answered):
    """An address that was excluded, and the rule."""

    address: str
    reason: str
