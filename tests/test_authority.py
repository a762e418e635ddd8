"""The authoritative servers of the simulated Internet, queried with dnspython."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from simnet.authority import Authority
from simnet.hosting import both, only4, zone
from simnet.internet import Internet
from simnet.providers import PROVIDERS
from simnet.scenario import PUBLISHED_BY, Scenario

pytestmark = pytest.mark.usefixtures("internet")

ROOT, ROOT6 = PUBLISHED_BY


@pytest.fixture(scope="module")
def hoster(internet: Internet) -> str:
    """The address of ns1.harbour-dns.net."""
    return internet.address("nameservers", 4, 0)


def ask(server, name, rdtype, over=dns.query.udp):
    return over(dns.message.make_query(name, rdtype, use_edns=0, payload=1232), server, timeout=3)


def is_authoritative(reply):
    return bool(reply.flags & dns.flags.AA)


@pytest.mark.parametrize("over", [dns.query.udp, dns.query.tcp])
@pytest.mark.parametrize("server", [ROOT, ROOT6])
def test_parents_refer_to_the_servers_of_a_zone(server, over):
    """A query for a delegated zone is answered with its name servers, without AA and over both families."""
    reply = ask(server, "www.legacy-dns.com", "A", over)

    assert (dns.rcode.NOERROR, [], False) == (reply.rcode(), reply.answer, is_authoritative(reply))
    assert {f"ns{n}.legacy-dns.com." for n in (1, 2, 3)} == {record.target.to_text() for record in reply.authority[0]}


def test_glue_is_included_for_name_servers_inside_their_zone(hoster):
    """Name servers below the zone that they serve come with their addresses, and others do not."""
    inside, outside = ask(ROOT, "harbour-dns.net", "A"), ask(ROOT, "mailbarn.com", "A")

    assert ("ns1.harbour-dns.net.", hoster) in {
        (records.name.to_text(), record.address) for records in inside.additional for record in records
    }
    assert [] == outside.additional


def test_a_server_answers_for_its_zones(hoster):
    """A zone's own server answers with AA, including NXDOMAIN."""
    existing, missing = ask(hoster, "www.open.example", "AAAA"), ask(hoster, "nothing.open.example", "A")

    assert (1, True) == (len(existing.answer), is_authoritative(existing))
    assert (dns.rcode.NXDOMAIN, dns.rdatatype.SOA) == (missing.rcode(), missing.authority[0].rdtype)


def test_a_server_refuses_other_zones(hoster):
    """REFUSED for a zone that the queried address does not serve."""
    assert dns.rcode.REFUSED == ask(hoster, "www.legacy-dns.com", "A").rcode()


@pytest.mark.parametrize("name", ["co.uk", "arpa", "198.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"])
def test_empty_non_terminals_exist(name):
    """A name with only zones below it is NODATA, not NXDOMAIN, which would stop a recursor (RFC 8020)."""
    reply = ask(ROOT, name, "A")

    assert (dns.rcode.NOERROR, []) == (reply.rcode(), reply.answer)


def test_aliases_into_foreign_zones_are_not_followed():
    """A CNAME to a name outside the server's zones is its whole answer."""
    alias = zone("alias.example", aliases={"www": "www.target.example"}, ns=("ns1.legacy-dns.com",))
    target = zone("target.example", {"www": both("open")}, ns=("a.sixfirst.org",))
    zones = {made.apex: made for made in (*PROVIDERS, alias, target)}
    (server,) = only4("nameservers", 2)

    question = dns.message.make_query("www.alias.example", "A")
    reply = Authority(Scenario(name="aliases", zones=zones), "-").reply_at(server, question.to_wire(), "udp")

    answer = dns.message.from_wire(reply)
    assert (dns.rcode.NOERROR, [dns.rdatatype.CNAME]) == (answer.rcode(), [records.rdtype for records in answer.answer])
