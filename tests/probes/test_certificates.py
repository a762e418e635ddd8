"""Certificates: facts of good ones, nothing of bad ones."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ipv6matrix.probes.certificates import certificate_of

BEGIN = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
END = dt.datetime(2030, 1, 2, tzinfo=dt.UTC)


def made(*names: str) -> bytes:
    """A self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, BEGIN, END)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_certificate_tells_of_itself():
    """
    Fingerprint, names and dates are those in the certificate.
    """
    der = made("mail.example", "mx.example")

    found = certificate_of(der)

    assert hashlib.sha256(der).hexdigest() == found.sha256
    assert ("CN=mail.example", "CN=mail.example") == (found.subject, found.issuer)
    assert (BEGIN.timestamp(), END.timestamp()) == (found.not_before, found.not_after)
    assert ("mail.example", "mx.example") == found.names


def test_names_may_be_missing():
    """
    A certificate without alternative names has none.
    """
    assert () == certificate_of(made()).names


@pytest.mark.parametrize("cut", range(0, 300, 7))
def test_a_damaged_certificate_is_none(cut):
    """
    A certificate that breaks off is no certificate, and no exception.
    """
    assert certificate_of(made("mail.example")[:cut]) is None


def test_a_certificate_with_any_octet_changed_raises_nothing():
    """
    Whatever octet a server gets wrong, reading its certificate does not raise.
    """
    der = made("mail.example")
    for place in range(len(der)):
        certificate_of(der[:place] + bytes((der[place] ^ 0x55,)) + der[place + 1 :])
