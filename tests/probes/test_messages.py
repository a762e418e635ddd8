"""DNS messages that the fast path leaves to dnspython, and what bounds the work for any message."""

from __future__ import annotations

import dns.message
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipv6matrix.items import Failure, Status
from ipv6matrix.probes import messages, wire
from tests.probes.replies import QUESTION, records, replies, reply


@settings(deadline=None)
@given(st.binary(max_size=600), st.sampled_from(sorted(wire.TYPES)))
def test_random_octets_are_a_bad_reply(noise: bytes, rdtype: str) -> None:
    """Reading never raises, whatever follows header and question."""
    asked = wire.question("www.example.com", rdtype)
    head = b"\x12\x34\x81\x80\0\1\0\3\0\1\0\1" + asked.wire

    answer = messages.decode(head + noise, asked)

    assert answer.status in (*Status, Failure.BAD_REPLY, Failure.OTHER_RCODE, Failure.CNAME_LOOP)


@settings(deadline=None)
@given(replies(), st.data())
def test_a_damaged_reply_raises_nothing(case: tuple[wire.Question, dns.message.Message], data: st.DataObject) -> None:
    """A valid reply with one octet changed, or cut short, raises nothing."""
    asked, message = case
    octets = bytearray(message.to_wire())
    octets[data.draw(st.integers(12, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(12, len(octets)))

    assert isinstance(messages.decode(bytes(octets[:cut]), asked), wire.Answer)


@pytest.mark.parametrize(
    ("rcode", "failure"),
    [
        (1, Failure.FORMERR),
        (2, Failure.SERVFAIL),
        (4, Failure.NOTIMP),
        (5, Failure.REFUSED),
        (6, Failure.OTHER_RCODE),
        (16, Failure.OTHER_RCODE),
    ],
)
def test_every_rcode_has_a_failure(rcode: int, failure: Failure) -> None:
    """A response code other than NOERROR and NXDOMAIN, extended ones (RFC 6891) included, is a failure."""
    assert failure == messages.decode(reply(QUESTION, rcode=rcode).to_wire(), QUESTION).status


def test_circular_pointers_are_a_bad_reply() -> None:
    """A compression pointer to itself, or to another that points back, ends the parsing."""
    here = 12 + len(QUESTION.wire)
    for pointer in (here, here + 2):
        octets = b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0" + QUESTION.wire + (0xC000 | pointer).to_bytes(2) + b"\xc0\x0c" * 9
        assert wire.Answer(Failure.BAD_REPLY) == messages.decode(octets, QUESTION)


HEAD_BYTES = 12 + len(QUESTION.wire)


def raw(*answer: bytes) -> bytes:
    """Return a reply whose answer section holds these records."""
    return b"\x12\x34\x81\x80\0\1" + len(answer).to_bytes(2) + b"\0\0\0\0" + QUESTION.wire + b"".join(answer)


def record(owner: bytes, kind: int, data: bytes) -> bytes:
    """Return a record in its wire form."""
    return owner + kind.to_bytes(2) + b"\0\1\0\0\0\x3c" + len(data).to_bytes(2) + data


def pointer(offset: int) -> bytes:
    """Return a compression pointer."""
    return (0xC000 | offset).to_bytes(2)


def chain(length: int) -> tuple[bytes, int]:
    """Return a TXT record full of pointers, each to the one before and the first to the question; and the last one."""
    start = HEAD_BYTES + 12
    offsets = range(start, start + 2 * length, 2)
    data = b"".join(pointer(offset - 2 if offset > start else 12) for offset in offsets)
    return record(pointer(12), 16, data), offsets[-1]


A = b"\xc0\0\2\1"


def test_a_long_chain_of_pointers_is_a_bad_reply() -> None:
    """A name with thousands of pointers is not read, and is not passed to dnspython either."""
    links, last = chain(7900)

    assert wire.Answer(Failure.BAD_REPLY) == messages.decode(raw(links, record(pointer(last), 1, A)), QUESTION)


def test_a_short_chain_of_pointers_is_read() -> None:
    """Several consecutive pointers are an unusual but valid way to write a name."""
    links, last = chain(20)

    assert ("192.0.2.1",) == messages.decode(raw(links, record(pointer(last), 1, A)), QUESTION).records


def test_many_names_through_long_chains_are_a_bad_reply() -> None:
    """Each name stays within the bound of pointers, but thousands of them together are too much work."""
    links, last = chain(125)
    owners = (b"\1a" + pointer(last) for _ in range(4000))

    assert wire.Answer(Failure.BAD_REPLY) == messages.decode(raw(links, *(record(o, 1, A) for o in owners)), QUESTION)


def test_many_long_names_are_a_bad_reply() -> None:
    """Thousands of names that share the same 126 labels are too much work, too."""
    labels = record(pointer(12), 16, b"\1\xff" * 126 + b"\0")
    owners = [b"\1a" + pointer(HEAD_BYTES + 12)] * 4000

    assert wire.Answer(Failure.BAD_REPLY) == messages.decode(raw(labels, *(record(o, 1, A) for o in owners)), QUESTION)


def test_one_long_name_may_own_many_records() -> None:
    """A reply of 65,535 octets whose records all belong to one long alias is read: the name is parsed once."""
    target = b"\1z" * 120 + b"\0"
    alias = record(pointer(12), 5, target)
    answers = [record(pointer(HEAD_BYTES + 12), 1, number.to_bytes(4)) for number in range(3900)]

    assert 3900 == len(messages.decode(raw(alias, *answers), QUESTION).records)


def test_a_flood_of_opt_records_is_not_an_error() -> None:
    """Thousands of OPT records without an extended rcode change nothing."""
    plain = raw(record(pointer(12), 1, A))
    message = plain[:10] + (5000).to_bytes(2) + plain[12:] + b"\0\0\x29\4\xd0\0\0\0\0\0\0" * 5000

    assert ("192.0.2.1",) == messages.decode(message, QUESTION).records


def test_a_large_unusual_reply_is_a_bad_reply() -> None:
    """A message that the fast path cannot read is passed to dnspython only if it fits into one of our UDP datagrams."""
    dname = record(b"\7example\3com\0", 39, b"\7example\3net\0")
    answer = record(b"\3www\7example\3net\0", 1, A)
    padding = [record(pointer(12), 16, b"\x31" + b"x" * 49)]

    assert Status.OK == messages.decode(raw(dname, answer, *padding), QUESTION).status
    assert Failure.BAD_REPLY == messages.decode(raw(dname, answer, *padding * 30), QUESTION).status


@pytest.mark.parametrize(("rcode", "failure"), [(2, Failure.SERVFAIL), (5, Failure.REFUSED), (9, Failure.OTHER_RCODE)])
@pytest.mark.parametrize("rest", [b"\xff\xff", b"\xff" * 2000])
def test_an_error_is_read_from_the_header(rcode: int, failure: Failure, rest: bytes) -> None:
    """An error is known from the header, whatever follows it."""
    message = b"\x12\x34\x81" + bytes((0x80 | rcode,)) + b"\0\1\0\1\0\0\0\0" + QUESTION.wire + rest

    assert failure == messages.decode(message, QUESTION).status


def test_a_dname_leads_to_its_target() -> None:
    """A reply without the CNAME that follows from a DNAME (RFC 6672 section 3.1) still yields the records."""
    answer = [records("example.com.", 50, "DNAME", "example.net."), records("www.example.net.", 60, "A", "192.0.2.1")]

    decoded = messages.decode(reply(QUESTION, answer).to_wire(), QUESTION)

    assert wire.Answer(Status.OK, ("192.0.2.1",), 50, "www.example.net") == decoded


def test_a_dname_without_target_records_proves_nothing() -> None:
    """Without records or the SOA record of a denial, nothing is known about the target."""
    answer = [records("example.com.", 50, "DNAME", "example.net.")]

    assert Failure.BAD_REPLY == messages.decode(reply(QUESTION, answer).to_wire(), QUESTION).status


def test_a_dname_in_a_circle_is_a_loop() -> None:
    """A DNAME that leads to a longer name below itself never ends."""
    answer = [records("example.com.", 50, "DNAME", "a.example.com.")]

    assert Failure.CNAME_LOOP == messages.decode(reply(QUESTION, answer).to_wire(), QUESTION).status


def test_a_denial_with_records_is_a_bad_reply() -> None:
    """NXDOMAIN contradicts records for the same name in the same reply."""
    message = reply(QUESTION, [records("www.example.com.", 60, "A", "192.0.2.1")], rcode=3)

    assert Failure.BAD_REPLY == messages.decode(message.to_wire(), QUESTION).status


@pytest.mark.parametrize("number", [1, 2])
def test_records_in_another_section_are_not_an_absence(number: int) -> None:
    """Records in the authority or additional section answer nothing and deny nothing."""
    sections: list[list[dns.rrset.RRset]] = [[], [], []]
    sections[number].append(records("www.example.com.", 60, "A", "192.0.2.1"))

    assert Failure.BAD_REPLY == messages.decode(reply(QUESTION, *sections).to_wire(), QUESTION).status


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 255))
def test_random_replies_of_any_rcode_raise_nothing(noise: bytes, flags: int) -> None:
    """Every exception of dnspython on arbitrary input is handled."""
    message = b"\x12\x34\x81" + bytes((flags,)) + b"\0\1\0\2\0\1\0\1" + QUESTION.wire + noise

    assert isinstance(messages.decode(message, QUESTION), wire.Answer)


def test_queries_without_edns_match_dnspython() -> None:
    """A query for a server without EDNS has no OPT record."""
    expected = dns.message.make_query("www.example.com", "A", id=7).to_wire()

    assert expected == messages.query(7, QUESTION, edns=False)
