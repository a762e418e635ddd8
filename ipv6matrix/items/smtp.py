"""
SMTP sessions and the certificates of servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ipv6matrix.items.base import Failure


class Starttls(StrEnum):
    """The outcome of STARTTLS in an SMTP session (RFC 3207)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """
    The contents of a server's certificate; none of it has been verified.

    A field that cannot be decoded is None. The fingerprint is always set.
    """

    sha256: str
    "SHA-256 fingerprint of the DER form, in hexadecimal."
    subject: str | None = None
    issuer: str | None = None
    not_before: float | None = None
    not_after: float | None = None
    names: tuple[str, ...] | None = None
    "The first 250 subject alternative names of type dNSName (RFC 5280 section 4.2.1.6)."
    names_total: int | None = None
    "Total number of such names in the certificate."


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpObservation:
    """
    How far an SMTP session got: greeting, EHLO or HELO, STARTTLS, QUIT.

    `failure` is the reason why the session did not learn the rest: something ended it
    before QUIT could be sent, or the server rejected the client after its greeting.
    `starttls` is None if the session ended before that was known, or if STARTTLS was
    not requested.

    Sources: RFC 5321 sections 3.1, 4.1.1 and 4.2; RFC 3207 (STARTTLS).
    """

    greeting_code: int | None = None
    greeting: str | None = None
    "Text of the greeting, lines joined by a line feed, at most 500 characters."
    hello: Literal["EHLO", "HELO"] | None = None
    "The command that the server accepted."
    starttls: Starttls | None = None
    tls_version: str | None = None
    certificate: Certificate | None = None
    failure: Failure | None = None
    asked_at: float
