"""DNS messages, compared with dnspython's parse of the same octets."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Failure, SoaRecord, Status
from ipv6matrix.probes import wire
from ipv6matrix.probes.names import Names, NameTooLongError, encode_name
from tests.probes.replies import QUESTION, SOA, names, records, replies, reply


@settings(deadline=None)
@given(replies())
def test_answers_match_dnspython(case: tuple[wire.Question, dns.message.Message]) -> None:
    """Records, TTL and canonical name of a reply are what dnspython reads in the same octets."""
    asked, message = case
    octets = message.to_wire()

    answer = wire.decode(octets, asked)

    parsed = dns.message.from_wire(octets)
    assert isinstance(parsed, dns.message.QueryMessage)
    chain = parsed.resolve_chaining()
    assert wire.answers(octets, asked)
    assert chain.minimum_ttl == answer.ttl_s
    assert tuple(as_record(rdata) for rdata in chain.answer or ()) == answer.records
    assert text(chain.canonical_name) == (answer.canonical_name or asked.name)


def as_record(rdata: object) -> object:
    """Return our record for one of dnspython's."""
    match getattr(rdata, "rdtype", None):
        case dns.rdatatype.A | dns.rdatatype.AAAA:
            return str(wire.IPv6Address(rdata.address)) if ":" in rdata.address else rdata.address  # type: ignore[attr-defined]
        case dns.rdatatype.MX:
            return rdata.preference, text(rdata.exchange)  # type: ignore[attr-defined]
        case dns.rdatatype.SOA:
            times = rdata.refresh, rdata.retry, rdata.expire, rdata.minimum  # type: ignore[attr-defined]
            return soa(text(rdata.mname), text(rdata.rname), rdata.serial, *times)  # type: ignore[attr-defined]
    return text(rdata.target)  # type: ignore[attr-defined]


def text(name: dns.name.Name) -> str:
    """Return a name in our spelling."""
    return dns.name.Name([label.lower() for label in name.labels]).to_text(omit_final_dot=True) if len(name) > 1 else ""


def soa(mname: str, rname: str, *times: int) -> SoaRecord:
    """Return an SOA record."""
    words = "serial", "refresh_s", "retry_s", "expire_s", "minimum_s"
    return SoaRecord(mname=mname, rname=rname, **dict(zip(words, times, strict=True)))


@settings(deadline=None)
@given(names)
def test_names_survive_a_round_trip(name: dns.name.Name) -> None:
    """A name with any octets in its labels is written as dnspython writes it and read back unchanged."""
    spelled = text(name)

    assert name.canonicalize().to_wire() == encode_name(spelled)
    assert (spelled, len(name.to_wire() or b"")) == Names(encode_name(spelled)).read(0)


@settings(deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_addresses_are_spelled_as_by_ipaddress(packed: bytes) -> None:
    """The text of an IPv6 address equals that of Python's ipaddress module."""
    assert canonical(wire.IPv6Address(packed)) == wire.ipv6_text(packed)


@pytest.mark.parametrize("packed", ["00" * 10 + "ffffc0000201", "00" * 12 + "c0000201", "00" * 15 + "01", "00" * 16])
def test_special_addresses_are_spelled_as_by_ipaddress(packed: str) -> None:
    """The text of mapped, IPv4-compatible, loopback and unspecified addresses equals that of ipaddress, too."""
    assert canonical(wire.IPv6Address(bytes.fromhex(packed))) == wire.ipv6_text(bytes.fromhex(packed))


@settings(deadline=None)
@given(names, st.sampled_from(sorted(wire.TYPES)), st.integers(0, 65535))
def test_queries_match_dnspython(name: dns.name.Name, rdtype: str, identifier: int) -> None:
    """A query has the same octets as that of dnspython: recursion desired, EDNS with 1,232 octets."""
    spelled = text(name)
    expected = dns.message.make_query(name.canonicalize(), rdtype, use_edns=0, payload=1232, id=identifier).to_wire()

    assert expected == wire.query(identifier, wire.question(spelled, rdtype))


@pytest.mark.parametrize("name", ["a" * 64 + ".example", ".".join(["a" * 63] * 4), "a." * 127 + "aa"])
def test_names_that_are_too_long_are_rejected(name: str) -> None:
    """A label of 64 octets or a name of 256 has no wire form."""
    with pytest.raises(NameTooLongError):
        wire.question(name, "A")


@pytest.mark.parametrize("name", ["a..b", ".a", "bücher.example", "a\\", "\\999.example"])
def test_invalid_names_are_rejected(name: str) -> None:
    """Empty labels, non-ASCII letters and broken escapes have no wire form."""
    with pytest.raises(ValueError):
        wire.question(name, "A")


def test_the_longest_name_is_valid() -> None:
    """255 octets are allowed."""
    assert 255 == len(encode_name(".".join(["a" * 63] * 3 + ["a" * 61])))


def test_the_root_is_a_name() -> None:
    """The root is queried as the empty name, or as a dot."""
    assert wire.question("", "NS") == wire.question(".", "NS")


def test_a_circular_chain_is_a_loop() -> None:
    """CNAMEs that lead in a circle are a `cname_loop`."""
    loop = [
        records("www.example.com.", 60, "CNAME", "web.example.com."),
        records("web.example.com.", 60, "CNAME", "www.example.com."),
    ]

    assert wire.Answer(Failure.CNAME_LOOP) == wire.decode(reply(QUESTION, loop).to_wire(), QUESTION)


def test_a_chain_without_records_is_nodata() -> None:
    """A CNAME whose target has no such records is NODATA, with the target as canonical name."""
    alias = records("www.example.com.", 60, "CNAME", "Web.Example.NET.")

    answer = wire.decode(reply(QUESTION, [alias]).to_wire(), QUESTION)

    assert wire.Answer(Status.NODATA, canonical_name="web.example.net") == answer


def test_a_chain_to_a_missing_name_is_nxdomain() -> None:
    """NXDOMAIN refers to the end of the chain; the CNAME on the way is recorded."""
    alias = records("www.example.com.", 60, "CNAME", "gone.example.net.")
    denial = records("example.net.", 900, "SOA", SOA)

    answer = wire.decode(reply(QUESTION, [alias], [denial], rcode=3).to_wire(), QUESTION)

    assert wire.Answer(Status.NXDOMAIN, (), 60, "gone.example.net") == answer


def test_records_of_other_names_are_left_out() -> None:
    """Only records of the name at the end of the chain are an answer."""
    answer = [records("www.example.com.", 60, "A", "192.0.2.1"), records("evil.example.", 60, "A", "192.0.2.66")]

    assert ("192.0.2.1",) == wire.decode(reply(QUESTION, answer).to_wire(), QUESTION).records


def test_a_negative_ttl_is_the_smaller_of_two() -> None:
    """The TTL of NODATA is that of the SOA record or its minimum, whichever is less (RFC 2308 section 5)."""
    short = wire.decode(reply(QUESTION, [], [records("example.com.", 100, "SOA", SOA)]).to_wire(), QUESTION)
    long = wire.decode(reply(QUESTION, [], [records("example.com.", 9000, "SOA", SOA)]).to_wire(), QUESTION)

    assert (100, 300) == (short.ttl_s, long.ttl_s)


def test_a_null_mx_is_a_record() -> None:
    """A null MX ("no mail here", RFC 7505) is the record (0, "")."""
    asked = wire.question("example.com", "MX")

    answer = wire.decode(reply(asked, [records("example.com.", 60, "MX", "0 .")]).to_wire(), asked)

    assert ((0, ""),) == answer.records


def test_a_referral_is_not_an_answer() -> None:
    """A server that returns a referral has not answered NODATA."""
    message = reply(QUESTION, [], [records("com.", 60, "NS", "a.gtld-servers.net.")])
    message.flags &= ~dns.flags.RA

    assert Failure.BAD_REPLY == wire.decode(message.to_wire(), QUESTION).status


def test_questions_are_case_insensitive() -> None:
    """A server may return the question in another case (RFC 1035 section 2.3.3)."""
    octets = reply(QUESTION).to_wire().replace(b"example", b"eXamPLE")

    assert wire.answers(octets, QUESTION)


@pytest.mark.parametrize(
    "other", [wire.question("www.example.com", "AAAA"), wire.question("www.example.org", "A"), wire.question("", "A")]
)
def test_a_reply_to_another_question_is_rejected(other: wire.Question) -> None:
    """Name and type must be those of the query."""
    assert not wire.answers(reply(other).to_wire(), QUESTION)


def test_a_query_is_not_a_reply() -> None:
    """A query that comes back unchanged does not answer itself."""
    assert not wire.answers(wire.query(1, QUESTION), QUESTION)
