"""What each rule finds out about a host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipv6matrix.readiness.facts import Address, Domain, Host, Result, not_possible, silent
from ipv6matrix.readiness.rules import RULES, Finding
from tests.readiness.worlds import NAME, NODATA, OK, address, host, only4, pair

_RULES = {rule.id: rule for rule in RULES}
REFUSED, SILENT, OPEN = Result("connection_refused"), silent("timeout"), Result("open")


def found(rule: str, tested: Host, *others: Host) -> tuple[str, str]:
    """Return the value and the word of a rule's finding about a host."""
    finding = _found(rule, tested, *others)
    return finding.value.value, finding.word


def _found(rule: str, tested: Host, *others: Host) -> Finding:
    return _RULES[rule].passes(Domain(name=NAME, hosts=(tested, *others)), tested)


def excluded(reason: str) -> tuple[Address, ...]:
    """Return an IPv6 address that must not be probed."""
    return (Address(address="2001:db8::1", family=6, chosen=False, exclusion=reason),)


@pytest.mark.parametrize("rule", ["web_address", "dns_address", "mail_address"])
@pytest.mark.parametrize(
    ("tested", "expected"),
    [
        (host(), ("yes", "")),
        (only4("www.example.org"), ("no", "no_aaaa")),
        (only4("www.example.org", aaaa=Result("nxdomain")), ("no", "no_aaaa")),
        (host(addresses=excluded("unique_local")), ("no", "unusable_aaaa")),
        (host(addresses=excluded("opted_out")), ("unknown", "opted_out")),
        (host(addresses=excluded("no_ipv6")), ("yes", "")),
        (host(aaaa=None, addresses=()), ("unknown", "not_measured")),
        (host(aaaa=not_possible("servfail"), addresses=()), ("unknown", "lookup_failed")),
        (host(aaaa=silent("timeout"), addresses=()), ("unknown", "lookup_failed")),
        (host(exclusion="opted_out"), ("unknown", "opted_out")),
        (host(exclusion="name_too_long"), ("no", "no_aaaa")),
    ],
)
def test_a_host_needs_a_public_ipv6_address(rule: str, tested: Host, expected: tuple[str, str]) -> None:
    """Only an answer without a public address is `no`; failures, exclusions and what was not asked are unknown."""
    assert expected == found(rule, tested)


@pytest.mark.parametrize(
    ("four", "six", "expected"),
    [
        (OPEN, OPEN, ("yes", "")),
        (REFUSED, OPEN, ("yes", "")),
        (REFUSED, REFUSED, ("yes", "")),
        (SILENT, SILENT, ("yes", "")),
        (OPEN, REFUSED, ("no", "port_443_refused")),
        (OPEN, SILENT, ("no", "port_443_silent")),
        (None, REFUSED, ("unknown", "not_measured")),
        (OPEN, None, ("unknown", "not_measured")),
        (OPEN, not_possible("permission_denied"), ("unknown", "untestable")),
    ],
)
def test_a_port_that_is_open_over_ipv4_is_open_over_ipv6(
    four: Result | None, six: Result | None, expected: tuple[str, str]
) -> None:
    """Only a port that is open over IPv4 and closed or silent over IPv6 is `no`."""
    ports = [{} if state is None else {443: state} for state in (four, six)]
    addresses = address("198.18.0.1", ports=ports[0]), address("2001:db8::1", ports=ports[1])

    assert expected == found("web_https", host(addresses=addresses))


def test_ports_of_a_host_without_ipv4_need_not_be_open() -> None:
    """The rule compares families, so that a host without IPv4 meets it."""
    tested = host(a=NODATA, addresses=(address("2001:db8::1", ports={80: SILENT}),))

    assert ("yes", "") == found("web_http", tested)


def test_a_machine_without_ipv6_decides_nothing_about_ports() -> None:
    """Without a route, an address is known to exist but not whether it works."""
    tested = host(addresses=(address("198.18.0.1"), *excluded("no_ipv6")))

    assert ("unknown", "no_ipv6") == found("web_https", tested)


@pytest.mark.parametrize(
    ("six", "four", "expected"),
    [
        ({}, {}, ("yes", "")),
        ({"ports": {25: REFUSED}}, {}, ("no", "port_25_refused")),
        ({"ports": {25: SILENT}}, {}, ("no", "port_25_silent")),
        ({"ports": {25: SILENT}}, {"ports": {25: REFUSED}}, ("no", "port_25_silent")),
        ({"ports": {25: SILENT}}, {"ports": {25: SILENT}}, ("unknown", "port_25_filtered")),
        ({"ports": {25: SILENT}}, {"ports": {}}, ("unknown", "port_25_filtered")),
        ({"greeting": Result("554")}, {}, ("no", "no_greeting")),
        ({"greeting": Result("554")}, {"greeting": Result("554")}, ("unknown", "rejects_testers")),
        ({"greeting": None}, {}, ("unknown", "not_measured")),
        ({"ports": {}}, {}, ("unknown", "not_measured")),
    ],
)
def test_a_mail_server_greets(six: dict[str, object], four: dict[str, object], expected: tuple[str, str]) -> None:
    """Silence and rejections count only if mail works from this machine at all."""
    tested = host(roles={"MX": 10}, addresses=(address("198.18.0.1", **four), address("2001:db8::1", **six)))

    assert expected == found("mail_greeting", tested)


def test_another_mail_server_shows_that_port_25_is_not_filtered() -> None:
    """Silence is `no` once any mail exchanger of the domain answers on port 25."""
    quiet = host(
        roles={"MX": 10}, addresses=tuple(replace(address, ports={25: SILENT}) for address in host().addresses)
    )

    assert ("no", "port_25_silent") == found("mail_greeting", quiet, host("mx2.example.org", roles={"MX": 20}))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result("authoritative"), ("yes", "")),
        *((Result(word), ("no", "not_authoritative")) for word in ("lame", "refused", "timeout", "bad_reply")),
        (not_possible("sampled"), ("unknown", "untestable")),
        (None, ("unknown", "not_measured")),
    ],
)
def test_a_name_server_has_authority(result: Result | None, expected: tuple[str, str]) -> None:
    """Only an authoritative answer over IPv6 counts."""
    assert expected == found("dns_authoritative", host(roles={"NS": 1}, addresses=pair(name_server=result)))


@pytest.mark.parametrize(
    ("word", "expected"),
    [("same", ("yes", "")), ("only_v6", ("yes", "")), ("only_v4", ("no", "only_v4"))],
)
def test_a_website_is_the_same_over_both_families(word: str, expected: tuple[str, str]) -> None:
    """Each difference is a reason of its own, except that a website over IPv6 alone lacks nothing."""
    assert expected == found("web_parity", host(parity=Result(word)))


def test_a_website_without_ipv4_has_nothing_to_differ_from() -> None:
    """No comparison is needed, or made, if there is only one family."""
    assert ("yes", "") == found("web_parity", host(a=NODATA, addresses=(address("2001:db8::1"),), parity=None))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result("1500"), ("yes", "")),
        (Result("1280"), ("yes", "")),
        (silent("untestable"), ("yes", "")),
        (Result("black_hole"), ("no", "black_hole")),
        (not_possible("probe_failed"), ("unknown", "untestable")),
        (None, ("unknown", "not_measured")),
    ],
)
def test_large_packets_arrive(result: Result | None, expected: tuple[str, str]) -> None:
    """Only a black hole is `no`; an address that answers no Echo Request is not one."""
    assert expected == found("path_mtu", host(addresses=pair(path_mtu=result)))


@pytest.mark.parametrize(("rule", "field"), [("chain_resolvable", "resolution"), ("content_full", "third_parties")])
def test_what_was_not_asked_or_could_not_be_is_unknown(rule: str, field: str) -> None:
    """No rule takes a missing result for an answer."""
    results = [None, not_possible("unknown")]

    assert [("unknown", "not_measured"), ("unknown", "untestable")] == [
        found(rule, host(**{field: result})) for result in results
    ]


def test_a_redirect_is_no_page() -> None:
    """A website that returns no page of its own is unknown for a reason of its own."""
    assert ("unknown", "no_page") == found("content_full", host(third_parties=not_possible("no_page")))


def test_a_finding_has_the_word_that_was_measured() -> None:
    """The detail of a finding is the measured word, the address, or the hosts that lack IPv6."""
    details = [
        _found("dns_authoritative", host(addresses=pair(name_server=Result("lame")))).detail,
        _found("path_mtu", host(addresses=pair(path_mtu=Result("black_hole")))).detail,
        _found("content_full", host(third_parties=Result("partial"), without_ipv6=("a.test", "b.test"))).detail,
        _found("web_address", host(addresses=excluded("private"))).detail,
        _found("web_address", host(aaaa=not_possible("servfail"), addresses=())).detail,
    ]

    assert ["lame", "2001:db8::1", "a.test, b.test", "private", "servfail"] == details


def test_rules_of_optional_measurements_apply_only_with_them() -> None:
    """Parity and authority are judged only in crawls that measured them."""
    optional = {rule.id for rule in RULES if not rule.applies(frozenset())}

    assert {"web_parity", "dns_authoritative"} == optional
    assert all(_RULES[id_].applies(_RULES[id_].basis) for id_ in optional)


def test_a_lookup_without_a_chosen_address_is_not_an_absence() -> None:
    """Imported crawls may have a status without addresses."""
    assert ("unknown", "not_measured") == found("web_address", host(aaaa=OK, addresses=()))
