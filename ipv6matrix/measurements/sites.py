"""
What measurements of web sites have in common: a host at one of its addresses.

    tls://[2001:db8::1]/www.example.com?port=443
"""

from __future__ import annotations

from typing import Final

from ipv6matrix.items import Failure, TlsStatus
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.base import Target
from ipv6matrix.targets import lists

_LABEL: Final = "www"
# Outcomes that are answers of the server itself.
ANSWERS: Final = frozenset(
    (
        *TlsStatus,
        Failure.CONNECTION_REFUSED,
        Failure.CONNECTION_RESET,
        Failure.CONNECTION_CLOSED,
        Failure.TLS_FAILED,
        Failure.BAD_RESPONSE,
    )
)


def url(scheme: str, address: str, host: str) -> str:
    """Return the URL of a host at an address, without its query."""
    return f"{grammar.of_address(scheme, address)}/{host}"


def host_in(path: str) -> str:
    """Return the host in a path; raise ValueError if it is not one."""
    if not lists.is_host(path):
        raise ValueError(path)
    return path


def is_site(target: Target) -> bool:
    """Return whether a target is the host `www` of a domain, or the domain itself."""
    return "APEX" in target.roles or ("WWW" in target.roles and target.label == _LABEL)
