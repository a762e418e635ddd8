"""What a certificate says of itself (RFC 5280)."""

from __future__ import annotations

from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ipv6matrix.items import Certificate

# What cryptography raises for certificates that break their format.
_MALFORMED = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def certificate_of(der: bytes) -> Certificate | None:
    """The facts of a certificate in DER form; None for one that cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            sha256=sha256(der).hexdigest(),
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            not_before=certificate.not_valid_before_utc.timestamp(),
            not_after=certificate.not_valid_after_utc.timestamp(),
            names=_names(certificate),
        )
    except _MALFORMED:
        return None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, *_MALFORMED):
        return ()
    return tuple(extension.value.get_values_for_type(x509.DNSName))
