"""Verification of certificates that a test authority issues."""

from __future__ import annotations

import ssl

import pytest

from ipv6matrix.items import TlsStatus
from ipv6matrix.probes.trust import Trust
from simnet.certificate import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Return an authority and the file with its certificate."""
    folder = tmp_path_factory.mktemp("authority")
    Authority.create(folder / "ca.pem", folder / "key.pem")
    return Authority.load(folder / "key.pem"), str(folder / "ca.pem")


def der(pem):
    """Return the certificate of a PEM file that begins with a key."""
    return ssl.PEM_cert_to_DER_cert(pem[pem.index(b"-----BEGIN CERTIFICATE") :].decode())


@pytest.mark.parametrize(
    ("issued", "name", "status"),
    [
        ("www.a.example", "www.a.example", TlsStatus.OK),
        ("WWW.A.example", "www.a.example", TlsStatus.OK),
        ("*.a.example", "www.a.example", TlsStatus.OK),
        ("*.a.example", "a.example", TlsStatus.WRONG_NAME),
        ("*.a.example", "b.www.a.example", TlsStatus.WRONG_NAME),
        ("*", "example", TlsStatus.WRONG_NAME),
        ("w*.a.example", "www.a.example", TlsStatus.WRONG_NAME),
        ("a.example", "www.a.example", TlsStatus.WRONG_NAME),
    ],
)
def test_a_name_is_covered_by_itself_or_a_wildcard(authority, issued, name, status):
    """A wildcard is a whole first label (RFC 9525 section 6.3)."""
    issuer, roots = authority

    assert status is Trust(roots).judge([der(issuer.issue(issued))], name)


def test_of_several_faults_the_first_counts(authority):
    """An untrusted certificate is untrusted whatever its name, an expired one expired whatever its name."""
    issuer, roots = authority

    assert TlsStatus.UNTRUSTED is Trust(roots).judge([der(issuer.untrusted("a.example"))], "b.example")
    assert TlsStatus.EXPIRED is Trust(roots).judge([der(issuer.issue("a.example", expired=True))], "b.example")


@pytest.mark.parametrize("chain", [[], [b""], [b"no certificate"], [b"\x30\x03\x02\x01\x01"]])
def test_what_is_no_certificate_is_untrusted(authority, chain):
    """No octets that a server may send raise an error."""
    assert TlsStatus.UNTRUSTED is Trust(authority[1]).judge(chain, "a.example")


def test_garbage_after_the_own_certificate_is_untrusted(authority):
    """A chain is valid as a whole or not at all."""
    issuer, roots = authority

    assert TlsStatus.UNTRUSTED is Trust(roots).judge([der(issuer.issue("a.example")), b"garbage"], "a.example")
