"""From user input to canonical names and addresses."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ipv6matrix.targets import names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.org", "example.org"),
        (" Example.ORG.. ", "example.org"),
        ("www.example.org", "www.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER\u3002example\uff61", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://www.example.org/path?q=a@b#c", "www.example.org"),
        ("HTTPS://user:word@Example.org.:8443", "example.org"),
        ("//example.org/", "example.org"),
        ("example.org/path", "example.org"),
        ("example.org:8080", "example.org"),
        ("ops@example.org", "example.org"),
        ("mailto:ops@example.org?subject=x", "example.org"),
        ("_dmarc.example.org", "_dmarc.example.org"),
    ],
)
def test_a_domain_is_found_in_user_input(text, name):
    """Names, URLs, authorities and e-mail addresses contain a domain, which has one canonical form."""
    assert name == names.domain(text)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "two words.example", "192.0.2.1", "http://192.0.2.1/", "[2001:db8::1]:80", "a..b", "https://"],
)
def test_input_without_a_domain_is_none(text):
    """Addresses, single labels and sentences are not domains."""
    assert names.domain(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ops@example.org", "example.org"),
        ("Jörg <ops@example.org>", "example.org"),
        ("https://example.org/@ops (Jörg)", "example.org"),
        ("https://bücher.example/crawler", "xn--bcher-kva.example"),
        ("see example.org, please", "example.org"),
        ("me", None),
    ],
)
def test_a_contact_has_a_domain(text, name):
    """The first e-mail or web address of a contact has its domain."""
    assert name == names.contact_domain(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" [2001:DB8:0:0::0001] ", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("FE80::1%eth0", "fe80::1%eth0"),
        ("fe80::1%2", "fe80::1%2"),
        ("2001:db8::1%eth0", "2001:db8::1"),
        ("010.0.0.1", None),
        ("192.0.2.1:53", None),
        ("example.org", None),
        ("fe80::1%", None),
    ],
)
def test_an_address_has_a_canonical_form(text, address):
    """Brackets, case, leading zeros and mapped addresses are normalized; a zone stays where it matters."""
    assert address == names.address(text)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("[2001:DB8::]/32", "2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("fe80::1%eth0", "fe80::1/128"),
    ],
)
def test_a_network_has_a_canonical_form(text, network):
    """A network of mapped addresses is the IPv4 network."""
    assert ip_network(network) == names.network(text)


@pytest.mark.parametrize("text", ["192.0.2.0/33", "example.org", "", "/24", "2001:db8::/129"])
def test_input_without_a_network_is_none(text):
    """Anything else is None."""
    assert names.network(text) is None
