"""HTTPS records, from the simulated Internet and from replies built with dnspython."""

from __future__ import annotations

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

from ipv6matrix.items import Failure, HttpsMode, HttpsRecord, Status
from ipv6matrix.probes import messages, wire
from simnet.truth import Truth
from tests.probes.dns_server import resolving
from tests.probes.replies import records, reply

ASKED = wire.question("www.example.com", "HTTPS")
ZONES = ("https-service", "https-hints-differ", "https-hints-only", "https-alias", "open", "cname", "nxdomain")


@pytest.mark.parametrize("name", [f"{label}{zone}.example" for zone in ZONES for label in ("", "www.")])
async def test_records_match_the_zones(internet, name):
    """Every record has the fields that its zone publishes, and the absence of records is an answer."""
    truth = Truth(internet.scenario).lookup(name, "HTTPS")
    async with resolving((internet.resolver4, 53)) as resolver:
        lookup = await resolver.lookup(name, "HTTPS")

    assert (truth.status, truth.records) == (lookup.status, lookup.services)


async def test_all_fields_are_decoded(internet):
    """Priority, target in lower case, protocols, port, hints of both families and whether there are ECH keys."""
    async with resolving((internet.resolver6, 53)) as resolver:
        lookup = await resolver.lookup("www.https-service.example", "HTTPS")

    hints = {"ipv4hint": (internet.address("open", 4, 55),), "ipv6hint": (internet.address("open", 6, 55),)}
    assert lookup.services == (
        HttpsRecord(priority=1, target="", alpn=("h3",), port=8443, ech=True, **hints),
        HttpsRecord(priority=2, target="www.https-service.example", alpn=("h2",)),
    )


async def test_modes(internet):
    """Priority 0 is an alias, any other a service."""
    async with resolving((internet.resolver4, 53)) as resolver:
        alias = await resolver.lookup("https-alias.example", "HTTPS")
        service = await resolver.lookup("www.https-alias.example", "HTTPS")

    assert [HttpsMode.ALIAS, HttpsMode.SERVICE] == [answer.services[0].mode for answer in (alias, service)]


def test_records_behind_an_alias_are_decoded():
    """Records at the end of a chain of CNAMEs belong to the name queried."""
    answer = [
        records("www.example.com.", 60, "CNAME", "web.example.net."),
        records("web.example.net.", 30, "HTTPS", "1 . alpn=h2 ipv6hint=::ffff:192.0.2.1"),
    ]

    decoded = messages.decode(reply(ASKED, answer).to_wire(), ASKED)

    (record,) = decoded.records
    assert (Status.OK, "web.example.net", 30) == (decoded.status, decoded.canonical_name, decoded.ttl_s)
    assert HttpsRecord(priority=1, target="", alpn=("h2",), ipv6hint=("::ffff:c000:201",)) == record


@pytest.mark.parametrize("parameters", ["00010003036832", "0004000400000000000100020168", "000600020000", "0003000150"])
def test_malformed_parameters_are_a_bad_reply(parameters: str):
    """Wrong lengths and keys out of order make the record malformed (RFC 9460 section 2.2)."""
    rdata = dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.HTTPS, bytes.fromhex("000100" + parameters))
    message = reply(ASKED, [dns.rrset.from_rdata("www.example.com.", 60, rdata)])

    assert Failure.BAD_REPLY == messages.decode(message.to_wire(), ASKED).status


def test_the_type_of_the_question_is_not_a_letter():
    """Names are compared in either case, but type 65, the code of the letter A, is not type 97."""
    octets = reply(ASKED).to_wire()
    at = 12 + len(ASKED.wire) - 3
    upper = octets[:12] + octets[12 : at - 1].upper() + octets[at - 1 :]

    assert wire.answers(upper, ASKED)
    assert not wire.answers(octets[:at] + b"a" + octets[at + 1 :], ASKED)
