"""
Verification of certificates: chain, dates and name, after the handshake and without ending it.

OpenSSL verifies during a handshake as well, but then a rejected certificate cannot
be read. The roots are those of Mozilla, so that results do not depend on the machine.

Sources: RFC 5280 section 6 (path validation), RFC 9525 section 6 (names).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import certifi
from OpenSSL import crypto

from ipv6matrix.items import TlsStatus
from ipv6matrix.probes.certificates import dns_names

# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of <openssl/x509_vfy.h>.
_OUTSIDE_VALIDITY: Final = (9, 10)


class Trust:
    """Verifies certificates against the roots in a PEM file; default: those that certifi publishes."""

    def __init__(self, roots: str | None = None) -> None:
        self._roots = roots or certifi.where()

    def judge(self, chain: list[bytes], name: str) -> TlsStatus:
        """Return the status of a server's chain, its own certificate first (DER); calls OpenSSL, so use a thread."""
        if not chain:
            return TlsStatus.UNTRUSTED
        try:
            own, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in chain)
            crypto.X509StoreContext(_store(self._roots), own, others).verify_certificate()
        except crypto.X509StoreContextError as error:
            return TlsStatus.EXPIRED if error.errors[0] in _OUTSIDE_VALIDITY else TlsStatus.UNTRUSTED
        except crypto.Error:
            return TlsStatus.UNTRUSTED
        return (
            TlsStatus.OK if any(_covers(dns_name, name) for dns_name in dns_names(chain[0])) else TlsStatus.WRONG_NAME
        )


@cache
def _store(roots: str) -> crypto.X509Store:
    store = crypto.X509Store()
    store.load_locations(str(Path(roots)))
    return store


def _covers(pattern: str, name: str) -> bool:
    """Return whether a name of a certificate covers a host: the same, or `*` for its first label."""
    pattern = pattern.lower()
    return pattern == name or (pattern.startswith("*.") and pattern[2:] == name.partition(".")[2])
