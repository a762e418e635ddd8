"""
The certificates of the simulated Internet: self-signed ones of mail servers, and those of a certification authority.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

COMMON_NAME: Final = "mail.simulated.example"
NAMES: Final = (COMMON_NAME, "mx.simulated.example")
AUTHORITY_NAME: Final = "Simulated Internet Root"
DAY: Final = dt.timedelta(days=1)


def write(path: Path) -> None:
    """Create a key (ECDSA P-256) and its self-signed certificate, valid for a year, and write both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(_pem(key) + self_signed(key, NAMES))


def self_signed(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> bytes:
    """Return a certificate that is its own authority, as PEM."""
    return _certificate(key, names, _name(names[0]), key, age_days=1)


class Authority:
    """A certification authority; all certificates that it issues have the same key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self.key = key

    @classmethod
    def create(cls, certificate: Path, key: Path) -> None:
        """Write the certificate and the key of a new authority as PEM."""
        authority = cls(ec.generate_private_key(ec.SECP256R1()))
        certificate.write_bytes(authority._root())
        key.write_bytes(_pem(authority.key))

    @classmethod
    def load(cls, key: Path) -> Self:
        """Read the key of an authority."""
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return cls(loaded)

    def issue(self, name: str, *, expired: bool = False) -> bytes:
        """Return a key and a certificate for a host, valid for a year or until yesterday, as PEM."""
        age_days = 366 if expired else 1
        return _pem(self.key) + _certificate(self.key, (name,), _name(AUTHORITY_NAME), self.key, age_days=age_days)

    def untrusted(self, name: str) -> bytes:
        """Return a key and a self-signed certificate, as PEM."""
        return _pem(self.key) + self_signed(self.key, (name,))

    def _root(self) -> bytes:
        name = _name(AUTHORITY_NAME)
        builder = _builder(name, name, self.key, 1).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    *,
    age_days: int,
) -> bytes:
    builder = _builder(_name(names[0]), issuer, key, age_days).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
    )
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, age_days: int
) -> x509.CertificateBuilder:
    begin = dt.datetime.now(dt.UTC).replace(microsecond=0) - age_days * DAY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + 365 * DAY)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
