"""The text of an address, on every version of Python."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from ipv6matrix.addresses import canonical


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.5", "::ffff:a00:5"),
        ("::ffff:0.0.0.0", "::ffff:0:0"),
        ("::ffff:0:192.0.2.1", "::ffff:0:c000:201"),
        ("::192.0.2.1", "::c000:201"),
        ("::", "::"),
    ],
)
def test_the_text_is_hexadecimal(address, text):
    """Mapped addresses, which Python 3.13 writes with dots, are written like all others."""
    assert text == canonical(ip_address(address))
