"""How the findings about hosts become the verdict about a service."""

from __future__ import annotations

import pytest

from ipv6matrix.readiness.catalogue import Service
from ipv6matrix.readiness.facts import Domain, Host, Result, not_possible, silent
from ipv6matrix.readiness.levels import judge
from tests.readiness.worlds import BASIS, FULL_BASIS, NAME, NODATA, NXDOMAIN, address, changed, host, only4, pair, ready

WWW, APEX = f"www.{NAME}", NAME
SILENT = {25: silent("timeout")}


def verdict(service: str, domain: Domain, basis: frozenset[str] = FULL_BASIS) -> tuple[str, list[tuple[str, str]]]:
    """Return the value of a verdict, and its reasons as (host, word)."""
    (result,) = [item for item in judge(domain, basis).verdicts if item.service == service]
    return result.value.value, [(item.host, item.word) for item in result.reasons]


def absent(name: str, kind: str) -> Host:
    return Host(name=name, roles={kind: 0}, a=NXDOMAIN, aaaa=NXDOMAIN)


@pytest.mark.parametrize("service", Service)
def test_a_ready_domain_passes(service: Service) -> None:
    """A domain on which everything works has the verdict `yes` on every service, without reasons."""
    assert ("yes", []) == verdict(service, ready())


@pytest.mark.parametrize("service", Service)
def test_a_domain_that_opted_out_is_unknown(service: Service) -> None:
    """Every service of an excluded domain is unknown, with that reason."""
    assert ("unknown", [(NAME, "opted_out")]) == verdict(service, Domain(name=NAME, exclusion="opted_out"))


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ([only4(WWW)], ("no", [(WWW, "no_aaaa")])),
        ([only4(APEX, roles={"APEX": 0})], ("no", [(APEX, "no_aaaa")])),
        ([absent(WWW, "WWW")], ("yes", [])),
        ([absent(WWW, "WWW"), absent(APEX, "APEX")], ("none", [])),
        ([host(WWW, wildcard=True)], ("yes", [])),
        ([only4(WWW, wildcard=True)], ("unknown", [(WWW, "wildcard")])),
        ([host(WWW, wildcard=True), absent(APEX, "APEX")], ("unknown", [(WWW, "wildcard")])),
        ([host(WWW, a=not_possible("servfail"), aaaa=NODATA, addresses=())], ("unknown", [(WWW, "lookup_failed")])),
    ],
)
def test_every_name_of_a_website_that_exists_must_work(
    hosts: list[Host], expected: tuple[str, list[tuple[str, str]]]
) -> None:
    """The domain itself and `www` must work if they have any address; a wildcard is evidence of neither."""
    assert expected == verdict("web", changed(ready(), *hosts))


def test_a_crawl_without_the_domain_itself_judges_www_alone() -> None:
    """A name that the crawl did not look for is not missing."""
    domain = changed(ready(), only4(APEX, roles={"APEX": 0}))

    assert ["no", "yes"] == [verdict("web", domain, basis)[0] for basis in (FULL_BASIS, FULL_BASIS - {"APEX"})]


def test_a_crawl_without_web_hosts_does_not_know() -> None:
    """Without the features that look for websites, there is no verdict about one."""
    assert ("unknown", [(NAME, "not_measured")]) == verdict("web", ready(), frozenset({"NS", "MX"}))


@pytest.mark.parametrize(
    ("servers", "omitted", "expected"),
    [
        ([host(f"a.{NAME}", roles={"NS": 1}), host(f"b.{NAME}", roles={"NS": 2})], 0, ("yes", [])),
        (
            [host(f"a.{NAME}", roles={"NS": 1}), only4(f"b.{NAME}", roles={"NS": 2})],
            0,
            ("no", [(f"b.{NAME}", "no_aaaa")]),
        ),
        ([host(f"a.{NAME}", roles={"NS": 1})], 0, ("no", [(NAME, "few_name_servers")])),
        (
            [host(f"a.{NAME}", roles={"NS": 1}), host(f"b.{NAME}", roles={"NS": 2}, aaaa=None, addresses=())],
            0,
            ("unknown", [(f"b.{NAME}", "not_measured")]),
        ),
        (
            [
                *(host(f"{label}.{NAME}", roles={"NS": 1}) for label in "ab"),
                host(f"c.{NAME}", roles={"NS": 2}, aaaa=not_possible("servfail"), addresses=()),
            ],
            0,
            ("yes", []),
        ),
    ],
)
def test_two_name_servers_must_work(
    servers: list[Host], omitted: int, expected: tuple[str, list[tuple[str, str]]]
) -> None:
    """Two good name servers are enough; fewer are `no` only if no other may be good."""
    assert expected == verdict("dns", ready(hosts=tuple(servers), ns_omitted=omitted))


@pytest.mark.parametrize(("lookup", "word"), [(NXDOMAIN, "no_domain"), (NODATA, "no_zone")])
def test_a_name_without_name_servers_does_not_exist_or_is_not_a_domain(lookup: Result, word: str) -> None:
    """
    The reason says why there are none.
    """
    assert ("no", [(NAME, word)]) == verdict("dns", ready(hosts=(), ns=lookup))


def test_authority_is_judged_only_if_it_was_measured() -> None:
    """With the basis `addresses`, a lame name server counts; with queries over IPv6, it does not."""
    lame = host(f"ns1.{NAME}", roles={"NS": 1}, addresses=pair(name_server=Result("lame")))

    assert ["yes", "no"] == [verdict("dns", changed(ready(), lame), basis)[0] for basis in (BASIS, FULL_BASIS)]


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (NODATA, ("none", [])),
        (NXDOMAIN, ("none", [])),
        (Result("ok"), ("none", [])),
        (not_possible("servfail"), ("unknown", [(NAME, "lookup_failed")])),
        (None, ("unknown", [(NAME, "not_measured")])),
    ],
)
def test_a_domain_without_mail_exchangers_has_no_mail(
    lookup: Result | None, expected: tuple[str, list[tuple[str, str]]]
) -> None:
    """No MX, or a null MX, is `none`; a failed lookup is unknown."""
    assert expected == verdict("mail", ready(hosts=(), mx=lookup))


def mx(name: str, preference: int, **facts: object) -> Host:
    return host(f"{name}.{NAME}", roles={"MX": preference}, **facts)


@pytest.mark.parametrize(
    ("exchangers", "expected"),
    [
        ([mx("a", 10), mx("b", 20, aaaa=NODATA, addresses=(address("198.18.0.1"),))], "yes"),
        ([mx("a", 10, aaaa=NODATA, addresses=(address("198.18.0.1"),)), mx("b", 20)], "no"),
        ([mx("a", 10, aaaa=NODATA, addresses=(address("198.18.0.1"),)), mx("b", 10)], "yes"),
        # No server is behind the first name: senders over IPv4 try the second one first, too.
        ([mx("a", 10, a=NODATA, aaaa=NODATA, addresses=()), mx("b", 20)], "yes"),
        ([mx("a", 10, a=NODATA, addresses=(address("2001:db8::1"),)), mx("b", 20, addresses=pair(ports={}))], "yes"),
        ([mx("a", 10, a=NODATA, addresses=(address("2001:db8::1"),))], "yes"),
        ([mx("a", 10, a=None, aaaa=NODATA, addresses=()), mx("b", 20)], "unknown"),
        (
            [mx("a", 10, addresses=(address("198.18.0.1", ports=SILENT), address("2001:db8::1", ports=SILENT)))],
            "unknown",
        ),
    ],
)
def test_the_best_mail_exchanger_must_work(exchangers: list[Host], expected: str) -> None:
    """A mail exchanger counts if its preference is not worse than the best one of those with IPv4."""
    assert expected == verdict("mail", ready(hosts=tuple(exchangers)))[0]


def test_a_mail_exchanger_that_may_be_the_best_one_is_named() -> None:
    """If it is not known whether senders over IPv4 try a host first, the reason is its failed lookup."""
    first = mx("a", 10, a=not_possible("servfail"), aaaa=NODATA, addresses=())

    result = verdict("mail", ready(hosts=(first, mx("b", 20))))

    assert ("unknown", [(first.name, "lookup_failed")]) == result


def test_a_chain_needs_every_name() -> None:
    """The domain, the names of the website and the mail exchangers must resolve without IPv4."""
    broken = Result("broken")
    domains = [
        ready(resolution=broken),
        *(changed(ready(), host(name, resolution=broken)) for name in (WWW, f"mx.{NAME}")),
    ]
    domains[2] = changed(ready(), host(f"mx.{NAME}", roles={"MX": 10}, resolution=broken))

    assert [
        ("no", [(NAME, "broken")]),
        ("no", [(WWW, "broken")]),
        ("no", [(f"mx.{NAME}", "broken")]),
    ] == [verdict("chain", domain) for domain in domains]


def test_paths_that_no_one_could_measure_are_unknown() -> None:
    """If every address is silent, no path is known to work."""
    hosts = [host(old.name, roles=old.roles, addresses=pair(path_mtu=silent("untestable"))) for old in ready().hosts]

    assert ("unknown", [(NAME, "untestable")]) == verdict("path", changed(ready(), *hosts))


def test_names_that_are_not_known_leave_paths_unknown() -> None:
    """A failed lookup of name servers or mail exchangers hides hosts whose paths may be broken."""
    assert ("unknown", [(NAME, "lookup_failed")]) == verdict("path", ready(ns=not_possible("servfail")))
