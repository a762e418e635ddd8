"""Pages of both families compared."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ipv6matrix.probes.page import sketch
from ipv6matrix.store.queries.web_parity import compare, similarity

WORDS = [f"{'abcdefghij'[n // 100]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}" for n in range(1000)]


def page(**changes):
    """Return a page over https, with changes."""
    plain = {"scheme": "https", "tls": "ok", "certificate": "a", "status_code": 200, "location": None, "asked_at": 9}
    return SimpleNamespace(**plain | {"sketch": sketch(WORDS[:100]), "unsent": False} | changes)


def nothing(**changes):
    """Return the failure of a page, with changes."""
    return page(tls=None, certificate=None, status_code=None, sketch=None, **changes)


@pytest.mark.parametrize(
    ("six", "word"),
    [
        (page(), "same"),
        (page(certificate="b"), "same"),
        (page(sketch=sketch(WORDS[:97])), "same"),
        (page(sketch=sketch(WORDS[:80])), "content_differs"),
        (page(sketch=None), "content_differs"),
        (page(tls="untrusted"), "certificate_differs"),
        (page(status_code=500), "status_differs"),
        (page(status_code=403), "untestable"),
        (page(status_code=429), "untestable"),
        (page(location="/six"), "redirect_differs"),
        (page(scheme="http", tls=None), "ports_differ"),
        (nothing(), "only_v4"),
        (nothing(unsent=True), "untestable"),
    ],
)
def test_each_difference_has_a_word(six, word):
    """
    The gravest difference counts; a crawler that is turned away learns nothing.
    """
    assert word == compare(page(), six)


def test_only_ipv6_and_neither():
    """
    A site without a response over IPv4 is only IPv6; without any, it is untestable.
    """
    assert "only_v6" == compare(nothing(), page())
    assert "untestable" == compare(nothing(), nothing())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"status_code": 404}, "status_differs"),
        ({"location": "/six"}, "redirect_differs"),
        ({"sketch": None}, "content_differs"),
        ({"tls": "expired"}, "certificate_differs"),
        ({}, "same"),
    ],
)
def test_pages_that_were_requested_at_different_times(changes, word):
    """
    A page may have changed between two requests more than a minute apart, whatever the families.
    """
    assert word == compare(page(), page(asked_at=69, **changes))
    assert ("untestable" if changes.keys() & {"status_code", "location", "sketch"} else word) == compare(
        page(), page(asked_at=70, **changes)
    )


def test_blocked_on_both_sides_is_a_result():
    """
    The same status is not a difference.
    """
    assert "same" == compare(page(status_code=403), page(status_code=403))


def test_faulty_certificates_are_compared():
    """
    Valid certificates may differ, faulty ones not.
    """
    assert "certificate_differs" == compare(page(tls="expired"), page(tls="expired", certificate="b"))
    assert "same" == compare(page(tls="expired"), page(tls="expired"))


def test_similarity_is_a_share_of_words():
    """
    Small pages are compared exactly, large ones by a sample; pages without words are the same.
    """
    assert 0.5 == similarity(sketch(WORDS[:40]), sketch(WORDS[:20]))
    assert 0.35 < similarity(sketch(WORDS), sketch(WORDS[:500])) < 0.65
    assert 1.0 == similarity(b"", b"")
