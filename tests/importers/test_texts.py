"""Texts of old files, one by one."""

from __future__ import annotations

import pytest

from ipv6matrix.importers import texts
from ipv6matrix.importers.texts import BrokenError


@pytest.mark.parametrize("read", [texts.known, texts.host, texts.address, texts.decimal, texts.whole, texts.truth])
def test_the_placeholder_is_none(read):
    """n/a is None, whatever type is expected."""
    assert read("n/a") is None


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (texts.known, "", ""),
        (texts.domain, "Example.COM.", "example.com"),
        (texts.domain, "müller.de", "xn--mller-kva.de"),
        (texts.host, "NS1.Example.com.", "ns1.example.com"),
        (texts.host, "n/a.", "n/a"),
        (texts.host, ".", None),
        (texts.host, "www.müller.de", "www.xn--mller-kva.de"),
        (texts.host, r"odd\..", r"odd\."),
        (texts.dns_name, r"odd\.", r"odd\."),
        (texts.dns_name, r"odd\\.", r"odd\\"),
        (texts.dns_name, "", ""),
        (texts.address, "2001:DB8:0::1", "2001:db8::1"),
        (texts.decimal, "-46.25", -46.25),
        (texts.whole, "5", 5),
        (texts.whole, "5.0", 5),
        (texts.counted, "4294967295", 4294967295),
        (texts.truth, "True", True),
        (texts.truth, "False", False),
    ],
)
def test_a_text_is_parsed(read, text, value):
    """Names are compared without case and final dot, addresses have the form of RFC 5952."""
    assert value == read(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (texts.domain, "com"),
        (texts.domain, "n/a"),
        (texts.host, ""),
        (texts.host, "two words"),
        (texts.host, "bell\a.example"),
        (texts.address, "192.0.2.300"),
        (texts.address, "fe80::1%eth0"),
        (texts.address, ""),
        (texts.decimal, "nan"),
        (texts.decimal, "inf"),
        (texts.decimal, "1_0"),
        (texts.decimal, ""),
        (texts.whole, "-1"),
        (texts.whole, "4294967296"),
        (texts.whole, "٣"),
        (texts.whole, "1.5"),
        (texts.counted, "n/a"),
        (texts.truth, "true"),
    ],
)
def test_a_broken_text_is_reported(read, text):
    """The error quotes an invalid text."""
    with pytest.raises(BrokenError) as error:
        read(text)

    assert repr(text) in str(error.value)


def test_an_address_of_the_other_family_is_broken():
    """A column of IPv4 addresses must not contain an IPv6 address."""
    with pytest.raises(BrokenError, match="not an IPv4 address"):
        texts.address("2001:db8::1", 4)
