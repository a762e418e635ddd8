"""
DNSSEC, as a validating resolver reports it.
"""

from __future__ import annotations

from enum import StrEnum


class Security(StrEnum):
    """
    The security status of a lookup (RFC 4035 section 4.3), from the AD bit of the reply.

    `bogus`: the resolver answers only with checking disabled; `indeterminate`: the
    lookup failed, with and without it.
    """

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"
    INDETERMINATE = "indeterminate"
