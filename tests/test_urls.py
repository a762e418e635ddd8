"""The grammar of request URLs."""

from __future__ import annotations

import pytest
from scrapy import Request

from ipv6matrix.measurements import REGISTRY, name_servers, ntp, pmtu, third_parties, tls, web
from ipv6matrix.measurements.grammar import RequestUrl
from ipv6matrix.measurements.hosts import HostsUrl
from ipv6matrix.measurements.lookups import LookupUrl
from ipv6matrix.measurements.ports import PortsUrl
from ipv6matrix.measurements.third_parties import ThirdPartyUrl
from ipv6matrix.measurements.tls import TlsUrl
from ipv6matrix.measurements.web import WebUrl
from ipv6matrix.urls import InvalidUrlError
from tests import urls


def _to(address):
    return RequestUrl(subject=address, destination=address)


@pytest.mark.parametrize(
    ("url", "expected", "question"),
    [
        (
            urls.domain("a.example", ("NS", "MX", "SOA")),
            "dns://resolver/a.example?type=NS&type=MX&type=SOA",
            LookupUrl(subject="a.example", name="a.example", types=("NS", "MX", "SOA")),
        ),
        (
            urls.guesses("a.example", ("www", "www.ipv6")),
            "dns://resolver/a.example?type=A&type=AAAA&labels=www,www.ipv6",
            HostsUrl(subject="a.example", name="a.example", types=("A", "AAAA"), labels=("www", "www.ipv6")),
        ),
        (
            urls.host("mail.a.example"),
            "dns://resolver/mail.a.example?type=A&type=AAAA",
            HostsUrl(subject="mail.a.example", name="mail.a.example", types=("A", "AAAA")),
        ),
        (
            urls.reverse("2001:db8::1"),
            "dns://resolver/2001:db8::1?type=PTR",
            LookupUrl(subject="2001:db8::1", types=("PTR",)),
        ),
        (urls.ping("192.0.2.1"), "ping://192.0.2.1", _to("192.0.2.1")),
        (
            urls.ping("2001:db8::1"),
            "ping://[2001:db8::1]",
            RequestUrl(subject="2001:db8::1", destination="2001:db8::1"),
        ),
        (
            urls.trace("2001:db8::1"),
            "trace://[2001:db8::1]",
            RequestUrl(subject="2001:db8::1", destination="2001:db8::1"),
        ),
        (
            urls.tcp("2001:db8::1", (25, 80), starttls=True),
            "tcp://[2001:db8::1]?port=25&port=80&starttls=1",
            PortsUrl(subject="2001:db8::1", destination="2001:db8::1", ports=(25, 80), starttls=True),
        ),
        (
            urls.tcp("192.0.2.1", (443,), starttls=False),
            "tcp://192.0.2.1?port=443",
            PortsUrl(subject="192.0.2.1", destination="192.0.2.1", ports=(443,)),
        ),
        (
            third_parties.url("cdn.example.net"),
            "dns://resolver/cdn.example.net?type=A&type=AAAA&use=page",
            ThirdPartyUrl(subject="cdn.example.net", name="cdn.example.net", types=("A", "AAAA")),
        ),
        (ntp.url("192.0.2.1"), "ntp://192.0.2.1", RequestUrl(subject="192.0.2.1", destination="192.0.2.1")),
        (
            pmtu.url("2001:db8::1"),
            "pmtu://[2001:db8::1]",
            RequestUrl(subject="2001:db8::1", destination="2001:db8::1"),
        ),
        (
            tls.url("2001:db8::1", "www.a.example"),
            "tls://[2001:db8::1]/www.a.example?port=443",
            TlsUrl(subject="2001:db8::1", name="www.a.example", destination="2001:db8::1", port=443),
        ),
        (
            web.url("192.0.2.1", "a.example", "http", hosts=True),
            "web://192.0.2.1/a.example?scheme=http&hosts=1",
            WebUrl(subject="192.0.2.1", name="a.example", destination="192.0.2.1", scheme="http", hosts=True),
        ),
        (
            urls.again(urls.domain("a.example", ("MX",))),
            "dns://resolver/a.example?type=MX&pass=2",
            LookupUrl(subject="a.example", name="a.example", types=("MX",), second=True),
        ),
        (
            urls.again(urls.host("mail.a.example", ("AAAA",))),
            "dns://resolver/mail.a.example?type=AAAA&pass=2",
            HostsUrl(subject="mail.a.example", name="mail.a.example", types=("AAAA",), second=True),
        ),
        (
            urls.again(urls.guesses("a.example", ("www", "ntp"), ("A",))),
            "dns://resolver/a.example?type=A&labels=www,ntp&pass=2",
            HostsUrl(subject="a.example", name="a.example", types=("A",), labels=("www", "ntp"), second=True),
        ),
        (
            urls.again(urls.ping("2001:db8::1")),
            "ping://[2001:db8::1]?pass=2",
            RequestUrl(subject="2001:db8::1", destination="2001:db8::1", second=True),
        ),
        (
            urls.again(urls.tcp("192.0.2.1", (25,), starttls=True)),
            "tcp://192.0.2.1?port=25&starttls=1&pass=2",
            PortsUrl(subject="192.0.2.1", destination="192.0.2.1", ports=(25,), starttls=True, second=True),
        ),
    ],
)
def test_a_url_describes_its_request_completely(url, expected, question):
    """Each function returns the documented form, and parsing it returns the same parts."""
    assert expected == url
    assert question == urls.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        urls.domain("a.example", ("NS",)),
        urls.guesses("a.example", ("www", "www.ipv6")),
        urls.reverse("2001:db8::1"),
        urls.tcp("2001:db8::1", (25, 80), starttls=True),
        urls.trace("192.0.2.1"),
        urls.again(urls.host("a.example")),
        urls.again(urls.ping("192.0.2.1")),
        urls.again(urls.ping("2001:db8::1")),
    ],
)
def test_scrapy_does_not_change_our_urls(url):
    """A request of Scrapy keeps the URL, even if it is created without our functions."""
    assert url == urls.request(url).url == Request(url).url


@pytest.mark.parametrize(("server", "expected"), [("192.0.2.53", "192.0.2.53"), ("[::1]:5353", "[::1]:5353")])
def test_the_authority_of_a_dns_url_is_the_server(server, expected):
    """A dns URL may name a server instead of the configured resolvers (RFC 4501 section 3)."""
    assert expected == urls.parse(f"dns://{server}/a.example?type=NS").server
    assert urls.parse("dns://resolver/a.example?type=NS").server is None


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("dns://resolver/a.example?type=NS", None),
        ("dns://192.0.2.53:5353/a.example?type=NS", "192.0.2.53"),
        ("dns://[2001:DB8::53]:5353/192.0.2.1?type=PTR", "2001:db8::53"),
        ("dns://[::ffff:192.0.2.53]/a.example?type=NS", "192.0.2.53"),
        ("ping://192.0.2.1", "192.0.2.1"),
        ("tcp://[2001:db8::1]?port=25", "2001:db8::1"),
        ("trace://[2001:db8::1]", "2001:db8::1"),
        ("ntp://192.0.2.1", "192.0.2.1"),
        ("pmtu://[2001:db8::1]", "2001:db8::1"),
        ("tls://[2001:db8::1]/a.example?port=443", "2001:db8::1"),
        ("web://192.0.2.1/a.example?scheme=https", "192.0.2.1"),
    ],
)
def test_the_destination_of_a_request_receives_its_packets(url, destination):
    """Rules about addresses apply to it, whatever the scheme."""
    assert destination == urls.parse(url).destination


def test_types_are_case_insensitive():
    """A type in lower case is the same type."""
    assert ("NS", "MX") == urls.parse("dns://resolver/a.example?type=ns&type=Mx").types


def test_names_of_a_request_for_hosts():
    """Labels precede the subject, one host each; without labels the subject is the host."""
    assert ("www.a.example", "www.ipv6.a.example") == urls.parse(urls.guesses("a.example", ("www", "www.ipv6"))).names
    assert ("mail.a.example",) == urls.parse(urls.host("mail.a.example")).names


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        (urls.host("a.example"), True),
        (urls.host("a.example", ("AAAA",)), True),
        (urls.guesses("a.example", ("www",)), True),
        (urls.domain("a.example", ("NS",)), False),
        (urls.reverse("192.0.2.1"), False),
        (urls.ping("192.0.2.1"), False),
    ],
)
def test_only_address_lookups_are_about_hosts(url, answer):
    """A request is about hosts if it looks up their addresses."""
    assert answer is urls.parse(url).about_hosts


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/",
        "dns://resolver/?type=NS",
        "dns://resolver/a.example",
        "dns://ns.example/a.example?type=NS",
        "dns://[10.0.0.1]/a.example?type=NS",
        "tcp://192.0.2.1",
        "tcp://192.0.2.1?port=0",
        "tcp://192.0.2.1?port=65536",
        "tcp://192.0.2.1?port=smtp",
        "tcp://192.0.2.1/path?port=25",
        "ping://",
        "ping://a.example",
        "ping://192.0.2.1/path",
        "ping://192.0.2.1?pass=3",
        "ping://192.0.2.1?pass=2&pass=2",
        "dns://resolver/a.example?pass=2",
        "dns://192.0.2.53/?type=SOA&rd=0",
        "dns://192.0.2.53/a.example,?type=SOA&rd=0",
        "dns://resolver/a.example?type=NS&pass=3",
        "tcp://192.0.2.1?pass=2&port=25",
        "trace://192.0.2.1?port=25",
        "trace://[]",
        "ntp://192.0.2.1/a.example",
        "pmtu://192.0.2.1",
        "tls://192.0.2.1/a.example",
        "tls://192.0.2.1/?port=443",
        "tls://192.0.2.1/a.example?port=0",
        "tls://a.example/a.example?port=443",
        "dns://192.0.2.53/a.example?type=A&use=page",
        "dns://resolver/a.example?use=page",
        "web://192.0.2.1/a.example",
        "web://192.0.2.1/a.example?scheme=ftp",
        "web://192.0.2.1/a.example?scheme=https&hosts=2",
        "ping:192.0.2.1",
        "",
    ],
)
def test_an_invalid_url_is_reported(url):
    """The error quotes the URL and names the page that lists the forms."""
    with pytest.raises(InvalidUrlError) as raised:
        urls.parse(url)

    assert str(raised.value).startswith(repr(url))
    assert "docs/" in str(raised.value)


def test_the_slot_of_a_request_is_its_scheme():
    """Each of our schemes has the slot of its name; queries to a server that the URL names have their own."""
    found_urls = (
        urls.host("a.example"),
        urls.ping("192.0.2.1"),
        urls.tcp("192.0.2.1", (80,), starttls=False),
        urls.trace("192.0.2.1"),
        ntp.url("192.0.2.1"),
        pmtu.url("2001:db8::1"),
        tls.url("192.0.2.1", "www.a.example"),
        web.url("192.0.2.1", "www.a.example", "https", hosts=False),
        name_servers.url(["a.example"], "2001:db8::1", tcp=False),
    )

    assert list(REGISTRY.slots) == [urls.request(url).meta["download_slot"] for url in found_urls]


def test_a_name_server_may_be_asked_for_several_zones():
    """The zones are the names of the request, so opt-outs apply to each; the address is its subject."""
    parsed = urls.parse(name_servers.url(["a.example", "b.example"], "2001:db8::1", tcp=False))

    assert ("a.example", "b.example") == parsed.names
    assert ("2001:db8::1", None) == (parsed.destination, parsed.name)


def test_a_request_is_parsed_once():
    """The parsed URL of a request is cached with it."""
    request = urls.request("ping://192.0.2.1")

    assert urls.of(request) is urls.of(request)


V6 = bytes.fromhex("20010db80001")


@pytest.mark.parametrize(
    ("url", "network"),
    [
        (urls.ping("192.0.2.1"), b"\xc0\x00\x02"),
        (urls.ping("2001:db8:1:ff::1"), V6),
        (urls.again(urls.trace("2001:db8:1::1")), V6),
        (urls.tcp("2001:db8:1::1", (25, 80), starttls=True), V6),
        (urls.again(urls.tcp("192.0.2.1", (25,), starttls=False)), b"\xc0\x00\x02"),
        ("dns://192.0.2.53/a.example?type=NS", b"\xc0\x00\x02"),
        ("dns://192.0.2.53:5353/a.example?type=NS", b"\xc0\x00\x02"),
        ("dns://[2001:db8:1::53]/a.example?type=A&type=AAAA", V6),
        ("dns://[2001:db8:1::53]:5353/192.0.2.1?type=PTR", V6),
        ("ping://a.example", None),
        ("dns://[2001:db8::1/a.example?type=NS", None),
    ],
)
def test_requests_to_one_network_are_a_crowd(url, network):
    """The authority of a URL decides, whatever its scheme; a URL without an address has no network."""
    assert network == urls.crowd(url)


@pytest.mark.parametrize(
    ("url", "crowd"),
    [
        (urls.ping("2001:db8:1::1"), V6),
        ("dns://[2001:db8:1::53]/a.example?type=NS", V6),
        (urls.host("h1.flood.example"), "flood.example"),
        (urls.again(urls.host("h1.flood.example", ("AAAA",))), "flood.example"),
        (urls.host("mail.example"), None),
        (urls.reverse("2001:db8:1:2::3"), V6.hex()),
        (urls.again(urls.reverse("192.0.2.1")), "c00002"),
        (urls.domain("a.co.example", ("NS", "MX", "SOA")), None),
        (urls.guesses("a.co.example", ("www", "six")), None),
    ],
)
def test_large_groups_have_a_network_or_a_name_in_common(url, crowd):
    """The requests that follow from a single entry of the list are not such a group."""
    assert crowd == urls.crowd(url)


@pytest.mark.parametrize("url", [urls.ping("192.0.2.1"), urls.domain("a.example", ("NS",))])
def test_the_first_request_of_a_retry_is_known(url):
    """The URL of the retry leads to that of the first request, and that to itself."""
    assert url == urls.first(urls.again(url)) == urls.first(url)
