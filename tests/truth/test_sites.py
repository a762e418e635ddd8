"""Web sites, and the hosts from which their pages load something."""

from __future__ import annotations

from ipv6matrix.readiness.catalogue import Service
from ipv6matrix.readiness.levels import judge
from ipv6matrix.store.queries import readiness, third_parties, web_parity
from simnet.behaviours import Web
from simnet.sites import ALLOWED, LOADED, MIXED, SITES, UNKNOWN, apex
from tests.readiness.true_verdicts import TrueVerdicts
from tests.truth.crawled import Crawled


def test_handshakes(crawled: Crawled):
    """Each web site has one handshake at each of its addresses."""
    expected = {(host, address): crawled.expected.truth.tls(address) for host, address in crawled.sites}

    rows = crawled.rows(
        "SELECT hosts.name, address, status FROM tls_handshakes"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert expected == {(host, address): status for host, address, status in rows}


def test_pages(crawled: Crawled):
    """Each web site has its page over https, or over http if there is no response over https."""
    expected = {}
    for host, address in crawled.sites:
        truth = crawled.expected.truth.page(address, host)
        expected[host, address, "https"] = truth
        if truth.status_code is None:
            expected[host, address, "http"] = crawled.expected.truth.page(address, host, "http")

    rows = crawled.rows(
        "SELECT hosts.name, address, scheme, tls, failure, status_code, location, title, end FROM web_pages"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert {
        key: (
            page.tls,
            page.failure,
            page.status_code,
            page.location,
            page.title,
            page.end if page.status_code else None,
        )
        for key, page in expected.items()
    } == {row[:3]: row[3:] for row in rows}


def test_web_parity(crawled: Crawled):
    """
    Each difference between the families has its word; sites without one are the same.
    """
    expected = {
        host: _parity(crawled, host)
        for host, address in crawled.sites
        if ":" in address and any(host == name and ":" not in text for name, text in crawled.sites)
    }

    assert expected == dict(web_parity.sites(crawled.store))


def test_third_parties(crawled: Crawled):
    """
    A page is partial if it loads something from a host without IPv6, and unknown if a lookup failed; nothing is probed.
    """
    lacking = tuple(sorted((ALLOWED, LOADED[1])))
    partial = {f"{prefix}{apex(Web.THIRD_PARTIES)}" for prefix in ("", "www.")}

    pages = list(third_parties.pages(crawled.store))

    unknown = {(f"{prefix}{apex(Web.UNKNOWN_PARTY)}", "unknown", ()) for prefix in ("", "www.")}
    assert {(host, "partial", lacking) for host in partial} | unknown == {
        page for page in pages if page.support != "full"
    }
    assert len(pages) > 100
    names = crawled.rows("SELECT name, aaaa_addresses > 0 FROM third_parties")
    assert {LOADED[0]: 1, LOADED[1]: 0, LOADED[2]: 1, ALLOWED: 0, UNKNOWN: None} == dict(names)
    assert [] == crawled.rows(f"SELECT 1 FROM hosts WHERE name = '{LOADED[0]}'")


def test_content(crawled: Crawled):
    """The verdict about content is `no` where a page loads something without IPv6, and unknown without a page."""
    basis = readiness.basis(crawled.store)
    truth = TrueVerdicts(crawled.expected, basis)
    domains = {domain.name: domain for domain in readiness.domains(crawled.store)}

    verdicts = {name: judge(domain, basis).values[Service.CONTENT] for name, domain in domains.items()}

    assert {name: truth.content(name) for name in domains} == verdicts
    assert {"yes", "no", "unknown"} == {*verdicts.values()}
    partial = domains[apex(Web.THIRD_PARTIES)].web_hosts
    assert {tuple(sorted((ALLOWED, LOADED[1])))} == {host.without_ipv6 for host in partial}


# What differs between the families of the sites of a behaviour.
PARITY = {
    Web.DEFAULT_HOST6: "certificate_differs",
    Web.WRONG_CERTIFICATE6: "certificate_differs",
    Web.FORBIDDEN6: "untestable",
    Web.NOT_FOUND6: "status_differs",
    Web.REDIRECT6: "redirect_differs",
    Web.OTHER_PAGE6: "content_differs",
    Web.BAD_RESPONSE: "untestable",
    Web.RESETS: "untestable",
    Web.MUTE: "untestable",
}


def _parity(crawled: Crawled, host: str) -> str:
    label = host.removeprefix("www.site-").removesuffix(".example")
    if label in MIXED:
        return label.replace("-", "_")
    addresses = [address for site, address in crawled.sites if site == host]
    if addresses[0] in SITES:
        return PARITY.get(SITES[addresses[0]], "same")
    ports = [crawled.expected.probed[address].ports for address in addresses]
    return "same" if all(states[80].open or states[443].open for states in ports) else "untestable"
