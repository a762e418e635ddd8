"""Valid and broken DER elements."""

from __future__ import annotations

import pytest

from ipv6matrix.probes.der import DerError, children, elements


def test_elements_follow_one_another():
    """Tag, contents and whole are those of each element, whatever the form of its length."""
    octets = b"\x02\x01\x07" + b"\x04\x81\x80" + b"x" * 128

    assert [(2, b"\x07", b"\x02\x01\x07"), (4, b"x" * 128, octets[3:])] == list(elements(octets))


def test_only_the_expected_tag_has_children():
    """An element with another tag yields no children."""
    (parent,) = elements(b"\x30\x03\x02\x01\x07")

    assert [b"\x07"] == [child.contents for child in children(parent, 0x30)]
    with pytest.raises(DerError):
        list(children(parent, 0x31))


@pytest.mark.parametrize(
    "broken",
    [
        b"\x02",
        b"\x02\x02\x07",
        b"\x1f\x81\x01\x00",
        b"\x30\x80\x00\x00",
        b"\x04\x85\x00\x00\x00\x00\x00",
        b"\x04\x82\x01",
    ],
    ids=["no length", "too short", "long tag", "indefinite", "length of length", "cut length"],
)
def test_elements_before_a_broken_one_are_read(broken):
    """The error is raised at the broken element, not before."""
    parsed = elements(b"\x05\x00" + broken)

    assert 5 == next(parsed).tag
    with pytest.raises(DerError):
        next(parsed)
