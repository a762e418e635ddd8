"""Replies of name servers, built with dnspython: by hand, or drawn by Hypothesis."""

from __future__ import annotations

from itertools import pairwise

import dns.message
import dns.name
import dns.rcode
import dns.rrset
from hypothesis import strategies as st

from ipv6matrix.probes import wire

QUESTION = wire.question("www.example.com", "A")
SOA = "ns1.example.com. host\\.master.example.com. 7 7200 3600 1209600 300"

labels = st.binary(min_size=1, max_size=63)
names = st.lists(labels, min_size=1, max_size=3).map(lambda parts: dns.name.Name([*parts, b""]))
addresses4 = st.ip_addresses(v=4).map(str)
addresses6 = st.ip_addresses(v=6).map(str)
ttls = st.integers(0, 2**31 - 1)
DATA = {
    "A": addresses4,
    "AAAA": addresses6,
    "NS": names.map(str),
    "PTR": names.map(str),
    "MX": st.tuples(st.integers(0, 65535), names).map(lambda mx: f"{mx[0]} {mx[1]}"),
    "SOA": st.tuples(names, names, *[st.integers(0, 2**31 - 1)] * 5).map(lambda soa: " ".join(map(str, soa))),
}


def reply(asked: wire.Question, *sections: list[dns.rrset.RRset], rcode: int = 0) -> dns.message.Message:
    """A reply to a question with an answer, an authority and an additional section."""
    message = dns.message.make_response(dns.message.from_wire(wire.query(4711, asked)), recursion_available=True)
    message.set_rcode(dns.rcode.Rcode(rcode))
    for section, records in zip((message.answer, message.authority, message.additional), sections, strict=False):
        section.extend(records)
    return message


def records(owner: str, ttl_s: int, rdtype: str, *texts: str) -> dns.rrset.RRset:
    """A set of records."""
    return dns.rrset.from_text(owner, ttl_s, "IN", rdtype, *texts)


@st.composite
def replies(draw: st.DrawFn) -> tuple[wire.Question, dns.message.Message]:
    """A question and a reply: a chain of CNAMEs of any length, with or without records at its end."""
    rdtype = draw(st.sampled_from(sorted(wire.TYPES)))
    owners = draw(st.lists(names, min_size=1, max_size=4, unique_by=lambda name: str(name).lower()))
    asked = wire.question(str(owners[0]), rdtype)
    answer = [records(str(owner), draw(ttls), "CNAME", str(target)) for owner, target in pairwise(owners)]
    if draw(st.booleans()):
        answer.append(
            records(str(owners[-1]), draw(ttls), rdtype, *draw(st.lists(DATA[rdtype], min_size=1, max_size=4)))
        )
        return asked, reply(asked, draw(st.permutations(answer)))
    soa = records(str(owners[-1]), draw(ttls), "SOA", draw(DATA["SOA"]))
    return asked, reply(asked, answer, [soa], rcode=draw(st.sampled_from((0, 3))))
