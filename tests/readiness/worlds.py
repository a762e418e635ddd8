"""Domains about which everything is known, and the same domains with facts removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from ipv6matrix.readiness.facts import Address, Domain, Host, Result, not_possible, silent

NAME = "example.org"
BASIS = frozenset(("APEX", "WWW", "NS", "MX", "tcp25", "tcp80", "tcp443"))
FULL_BASIS = BASIS | {"nameservers", "https", "web", "pmtu"}
PARITY = tuple(
    Result(word)
    for word in (
        *("same", "ports_differ", "status_differs", "redirect_differs", "certificate_differs", "content_differs"),
        *("only_v4", "only_v6"),
    )
)
NAME_SERVER = tuple(
    Result(word)
    for word in (
        *("authoritative", "lame", "refused", "servfail", "nxdomain", "timeout", "connection_refused", "bad_reply"),
    )
)
PORT = (Result("open"), Result("connection_refused"), silent("timeout"), silent("host_unreachable"))
OK, NODATA, NXDOMAIN = Result("ok"), Result("nodata"), Result("nxdomain")
FAILED = (None, not_possible("servfail"), silent("timeout"))
UNTESTED = (None, not_possible("probe_failed"))
# Most results are good, so that generated domains reach every level.
_GOOD = st.sampled_from((True, True, True, False))


def host(name: str = f"www.{NAME}", **facts: object) -> Host:
    """Return a web host that works over both families, with some facts replaced."""
    defaults: dict[str, object] = {
        "roles": {"WWW": 0},
        "a": OK,
        "aaaa": OK,
        "addresses": (address("198.18.0.1"), address("2001:db8::1")),
        "resolution": Result("resolvable"),
        "parity": Result("same"),
        "third_parties": Result("full"),
    }
    return Host(name=name, **(defaults | facts))


def only4(name: str, **facts: object) -> Host:
    """Return a host without IPv6."""
    return host(name, **{"aaaa": NODATA, "addresses": (address("198.18.0.1"),)} | facts)


def address(text: str, **facts: object) -> Address:
    """Return an address on which everything works, with some facts replaced."""
    defaults: dict[str, object] = {
        "ports": {25: Result("open"), 80: Result("open"), 443: Result("open")},
        "greeting": Result("220"),
        "name_server": Result("authoritative"),
        "path_mtu": Result("1500"),
    }
    return Address(address=text, family=6 if ":" in text else 4, **(defaults | facts))


def pair(**facts: object) -> tuple[Address, Address]:
    """Return one address of each family, the one of IPv6 with some facts replaced."""
    return address("198.18.0.1"), address("2001:db8::1", **facts)


def ready(**facts: object) -> Domain:
    """Return a domain of the highest level, with some facts replaced."""
    hosts = (
        host(NAME, roles={"APEX": 0}),
        host(f"www.{NAME}"),
        host(f"ns1.{NAME}", roles={"NS": 1}),
        host(f"ns2.{NAME}", roles={"NS": 2}),
        host(f"mx.{NAME}", roles={"MX": 10}),
    )
    defaults: dict[str, object] = {"ns": OK, "mx": OK, "hosts": hosts, "resolution": Result("resolvable")}
    return Domain(name=NAME, **(defaults | facts))


def changed(domain: Domain, *hosts: Host) -> Domain:
    """Return a domain with hosts of the same names replaced, and new ones added."""
    by_name = {host.name: host for host in (*domain.hosts, *hosts)}
    return replace(domain, hosts=tuple(by_name.values()))


# --- domains about which everything is known ---


@st.composite
def complete(draw: st.DrawFn) -> Domain:
    """Return a domain whose facts are all known."""
    names = {NAME: {"APEX": 0}, f"www.{NAME}": {"WWW": 0}}
    names |= {f"ns{n}.{NAME}": {"NS": n} for n in range(draw(st.integers(0, 3)))}
    names |= {f"mx{n}.{NAME}": {"MX": draw(st.sampled_from((10, 20, 30)))} for n in range(draw(st.integers(0, 3)))}
    hosts = tuple(_host(draw, name, roles) for name, roles in names.items())
    kinds = {kind for roles in names.values() for kind in roles}
    return Domain(
        name=NAME,
        ns=OK if "NS" in kinds else draw(st.sampled_from((NODATA, NXDOMAIN))),
        mx=OK if "MX" in kinds else draw(st.sampled_from((OK, NODATA, NXDOMAIN))),
        hosts=hosts,
        resolution=draw(_either(Result("resolvable"), (Result("broken"),))),
    )


def _host(draw: st.DrawFn, name: str, roles: dict[str, int]) -> Host:
    lookups, addresses = {}, []
    for family, text in ((4, "198.18.0.1"), (6, "2001:db8::1")):
        lookups[family] = draw(_either(OK, (NODATA, NXDOMAIN)))
        if lookups[family] is OK:
            addresses.append(_address(draw, text))
    return Host(
        name=name,
        roles=roles,
        a=lookups[4],
        aaaa=lookups[6],
        addresses=tuple(addresses),
        resolution=draw(_either(Result("resolvable"), (Result("broken"),))),
        # Only pages of both families can be compared.
        parity=draw(_either(Result("same"), PARITY)) if _is_dual(addresses) else None,
        third_parties=draw(_either(Result("full"), (Result("partial"),))),
    )


def _is_dual(addresses: Sequence[Address]) -> bool:
    return {address.family for address in addresses if address.chosen} == {4, 6}


def _address(draw: st.DrawFn, text: str) -> Address:
    if not draw(_GOOD) and not draw(_GOOD):
        return Address(address=text, family=6 if ":" in text else 4, chosen=False, exclusion="private")
    ports = {port: draw(_either(Result("open"), PORT)) for port in (25, 80, 443)}
    greeting = draw(_either(Result("220"), (Result("554"), Result("timeout"))))
    mtus = (Result("1280"), Result("black_hole"), silent("untestable"))
    return address(
        text,
        ports=ports,
        greeting=greeting if ports[25].word == "open" else None,
        name_server=draw(_either(Result("authoritative"), NAME_SERVER)),
        path_mtu=draw(_either(Result("1500"), mtus)),
    )


@cache
def _either(good: Result, others: tuple[Result, ...]) -> st.SearchStrategy[Result]:
    """Return a strategy for the good result, in three of four cases, or one of the others."""
    return st.sampled_from((*[good] * 3 * len(others), *others))


# --- the same with facts removed ---


@st.composite
def less_known(draw: st.DrawFn, whole: Domain) -> Domain:
    """Return a domain with some of its facts not asked, or asked in vain."""
    if draw(st.integers(0, 30)) == 0:
        return Domain(name=whole.name, exclusion="opted_out")
    hosts = tuple(_less_known_host(draw, host) if draw(_SOME) else host for host in whole.hosts)
    known = replace(whole, hosts=hosts, resolution=draw(_perhaps(whole.resolution, UNTESTED)))
    if draw(_RARELY):
        known = replace(_without(known, "NS"), ns=draw(st.sampled_from(FAILED)))
    elif known.of_kind("NS") and draw(_RARELY):
        known = replace(_without(known, "NS", 1), ns_omitted=1)
    if draw(_RARELY):
        known = replace(_without(known, "MX"), mx=draw(st.sampled_from(FAILED)))
    return known


_SOME, _RARELY = st.booleans(), st.integers(0, 5).map(lambda n: n == 0)


def _without(domain: Domain, kind: str, number: int | None = None) -> Domain:
    gone = {host.name for host in domain.of_kind(kind)[:number]}
    return replace(domain, hosts=tuple(host for host in domain.hosts if host.name not in gone))


def _less_known_host(draw: st.DrawFn, whole: Host) -> Host:
    if draw(_RARELY):
        return Host(name=whole.name, roles=whole.roles, exclusion="opted_out")
    if "WWW" in whole.roles and draw(_RARELY):
        # The owner may have meant this name, or not at all.
        return replace(whole, wildcard=True) if OK in (whole.a, whole.aaaa) else host(wildcard=True)
    known = whole
    for family, field in ((4, "a"), (6, "aaaa")):
        if draw(_RARELY):
            rest = tuple(address for address in known.addresses if address.family != family)
            known = replace(known, addresses=rest, **{field: draw(st.sampled_from(FAILED))})
    return replace(
        known,
        addresses=tuple(_less_known_address(draw, address) for address in known.addresses),
        **{name: draw(_perhaps(getattr(known, name), UNTESTED)) for name in ("resolution", "parity", "third_parties")},
    )


def _less_known_address(draw: st.DrawFn, whole: Address) -> Address:
    if whole.exclusion is not None:
        return whole
    if draw(_RARELY):
        exclusion = draw(st.sampled_from(("opted_out", f"no_ipv{whole.family}")))
        return Address(address=whole.address, family=whole.family, chosen=False, exclusion=exclusion)
    ports = {port: draw(_perhaps(result, UNTESTED)) for port, result in whole.ports.items()}
    greeting = draw(_perhaps(whole.greeting, UNTESTED)) if ports[25] == Result("open") else None
    return replace(
        whole,
        ports={port: result for port, result in ports.items() if result},
        greeting=greeting,
        name_server=draw(_perhaps(whole.name_server, UNTESTED)),
        path_mtu=draw(_perhaps(whole.path_mtu, UNTESTED)),
    )


@cache
def _perhaps(known: Result | None, others: tuple[Result | None, ...]) -> st.SearchStrategy[Result | None]:
    """Return a strategy for the known result, or one of the others in one of six cases."""
    return st.sampled_from((*[known] * 5 * len(others), *others))
