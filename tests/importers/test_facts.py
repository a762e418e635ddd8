"""Facts from texts that files and tables share."""

from __future__ import annotations

import pytest

from ipv6matrix.importers import facts
from ipv6matrix.importers.eras import Ours
from ipv6matrix.importers.texts import BrokenError
from ipv6matrix.store.imported import HostAddress, Place, Port, SmtpSession, Soa, Trace

A = "192.0.2.1"


def test_a_host_has_its_addresses():
    """A placeholder has none, whatever is in the other columns."""
    assert [HostAddress("h", A, None)] == list(facts.host_addresses(Ours(), "h", A, None))
    assert [] == list(facts.host_addresses(Ours(), None, A))


@pytest.mark.parametrize(
    ("asn", "number", "organisation"),
    [("AS64498 Spree Online", 64498, "Spree Online"), ("AS64503", 64503, None), ("AS1  two\nlines", 1, " two\nlines")],
)
def test_a_place_is_parsed(asn, number, organisation):
    """The autonomous system becomes a number and a text again."""
    place = Place(A, number, organisation, "Berlin", None, "DE", 52.5, 13.4)

    assert [place] == list(facts.place(Ours(), A, (asn, "Berlin", "n/a", "DE", "13.4", "52.5")))


def test_unknown_columns_are_no_place():
    """An address without any known location has no place; an invalid autonomous system is an error."""
    assert [] == list(facts.place(Ours(), A, ["n/a"] * 6))
    with pytest.raises(BrokenError, match="is not AS<number>"):
        list(facts.place(Ours(), A, ("64498 Spree", *["n/a"] * 5)))


@pytest.mark.parametrize(
    ("port25", "starttls", "expected"),
    [
        ("True", "True", {Port(A, 25, True), SmtpSession(A, 220, None), SmtpSession(A, None, "accepted")}),
        ("True", "False", {Port(A, 25, True), SmtpSession(A, 220, None), SmtpSession(A, None, "unrecorded")}),
        ("False", "False", {Port(A, 25, False)}),
        ("False", "True", {Port(A, 25, False), Port(A, 25, True), SmtpSession(A, None, "accepted")}),
        ("n/a", "n/a", set()),
    ],
)
def test_a_mail_server_is_a_host_that_greets(port25, starttls, expected):
    """The files do not say why STARTTLS was not used, or why there was no greeting."""
    assert expected == set(facts.starttls(A, port25, starttls))


def test_a_port_that_was_not_probed_is_not_a_fact():
    """True and False are facts, n/a is not."""
    assert [[Port(A, 80, True)], [Port(A, 80, False)], []] == [
        list(facts.port(A, text, number=80)) for text in ("True", "False", "n/a")
    ]


def test_a_trace_and_an_soa_record_are_parsed():
    """Numbers become numbers, names lose their final dot."""
    assert Trace(A, 1500, 3, "a --> no --> b") == facts.trace(A, "1500", "3", "a --> no --> b")
    assert Soa("d.test", "ns.d.test", ".", 7, 1, 2, 3, 4) == facts.soa("d.test", "NS.d.test.", ".", list("71234"))
