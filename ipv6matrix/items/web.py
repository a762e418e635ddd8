"""
Front pages of web servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ipv6matrix.items.base import Answered, Failure
from ipv6matrix.items.tls import TlsStatus

Scheme = Literal["https", "http"]


class BodyEnd(StrEnum):
    """Why no more of a body was read."""

    COMPLETE = "complete"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebObservation:
    """
    The response of one address to one `GET /` for one host; redirects are not followed.

    If there is no response, `failure` is the reason. Over https, `tls` says how the
    handshake ended; the request is sent whatever the certificate is.

    Sources: RFC 9110 (HTTP), RFC 9112 (HTTP/1.1), and those of `TlsObservation`.
    """

    scheme: Scheme
    tls: TlsStatus | None = None
    "None over http, and if there was no answer in TLS."
    certificate_sha256: str | None = None
    status_code: int | None = None
    location: str | None = None
    "The field Location, at most 500 characters."
    server: str | None = None
    "The field Server, at most 500 characters."
    length_bytes: int | None = None
    "Octets of the body that were read, at most 65,536."
    end: BodyEnd | None = None
    sha256: str | None = None
    "SHA-256 of those octets, in hexadecimal."
    title: str | None = None
    "Text of the first element `title`, at most 500 characters."
    sketch: bytes | None = None
    "The 128 smallest hashes of the words of the page, 4 octets each; None if it is not HTML."
    hosts: tuple[str, ...] | None = None
    "Other hosts from which the page loads something, at most 100; None if not requested, not HTML, or not status 200."
    failure: Failure | TlsStatus | None = None
    asked_at: float


@dataclass(slots=True, kw_only=True)
class WebItem(Answered):
    """The front page of one host at one of its addresses, or the reason why it was excluded."""

    host: str
    address: str
    web: WebObservation | None = None
    third_parties: tuple[str, ...] | None = None
    "Valid names of other hosts from which the page loads something, to be looked up; None if they are not known."
    refusal: str | None = None
