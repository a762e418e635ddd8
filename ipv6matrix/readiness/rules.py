"""
The rules as data: what each one finds out about a host, and in which crawls it applies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ipv6matrix.items import Failure, Family, Status
from ipv6matrix.readiness.catalogue import Service, Text, catalogue
from ipv6matrix.readiness.facts import NO_PAGE, Domain, Host, Result
from ipv6matrix.readiness.logic import Truth
from ipv6matrix.targets.policy import INVALID_NAME, OPTED_OUT

Basis = frozenset[str]
"What a crawl measured: words of the settings FEATURES and METRICS."

VERSION: Final = catalogue().version


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found out about a host."""

    value: Truth
    word: str = ""
    "The reason of `no` or `unknown`: a word of the catalogue."
    detail: str = ""
    "The word that was measured, if the reason covers several."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition that hosts of a service must meet."""

    id: str
    service: Service
    basis: Basis
    passes: Callable[[Domain, Host], Finding]
    reasons: Mapping[str, Text]

    def applies(self, basis: Basis) -> bool:
        """Return whether a crawl with a basis measured what the rule needs to be of use."""
        return not self.basis or bool(self.basis & basis)


PASSED: Final = Finding(value=Truth.YES)
# Names that cannot exist.
_IMPOSSIBLE: Final = (INVALID_NAME, Failure.NAME_TOO_LONG)
_NO_ROUTE: Final = {4: "no_ipv4", 6: "no_ipv6"}


def failed(word: str, detail: str = "") -> Finding:
    return Finding(value=Truth.NO, word=word, detail=detail)


def unknown(word: str, detail: str = "") -> Finding:
    return Finding(value=Truth.UNKNOWN, word=word, detail=detail)


def untested(result: Result | None) -> Finding:
    """Return the finding for a result that is missing or decides nothing."""
    return unknown("not_measured") if result is None else unknown("untestable", result.word)


def unresolved(lookup: Result | None) -> Finding:
    """Return the finding about hosts whose lookup was not made, or failed."""
    return unknown("not_measured") if lookup is None else unknown("lookup_failed", lookup.word)


def has_usable(host: Host, family: Family = 6) -> Finding:
    """Return whether a host has a public address of a family."""
    lookup, addresses = host.lookup(family), [address for address in host.addresses if address.family == family]
    if host.exclusion is not None:
        return failed("no_aaaa") if host.exclusion in _IMPOSSIBLE else unknown(OPTED_OUT)
    if host.chosen(family) or any(address.exclusion == _NO_ROUTE[family] for address in addresses):
        return PASSED
    if lookup is not None and lookup.word in (Status.NODATA, Status.NXDOMAIN):
        return failed("no_aaaa")
    if lookup is None or lookup.word != Status.OK:
        return unresolved(lookup)
    exclusions = [address.exclusion for address in addresses if address.exclusion]
    if not exclusions:
        return untested(None)
    return unknown(OPTED_OUT) if OPTED_OUT in exclusions else failed("unusable_aaaa", exclusions[0])


def address_rule(_: Domain, host: Host) -> Finding:
    return has_usable(host)


def port_rule(port: int) -> Callable[[Domain, Host], Finding]:
    """Return the rule that a port which is open over IPv4 is open over IPv6."""

    def passes(_: Domain, host: Host) -> Finding:
        if has_usable(host).value is not Truth.YES:
            return PASSED
        four, six = port_state(host, port, 4), port_state(host, port, 6)
        if four.value is Truth.NO or six.value is Truth.YES:
            return PASSED
        if six.value is Truth.NO and four.value is Truth.YES:
            return six
        return six if six.value is Truth.UNKNOWN else four

    return passes


def port_state(host: Host, port: int, family: Family) -> Finding:
    """Return whether a port of the address that represents a host is open."""
    address, usable = host.chosen(family), has_usable(host, family)
    if address is None:
        return unknown(_NO_ROUTE[family]) if usable.value is Truth.YES else usable
    result = address.ports.get(port)
    if result is None or not result.possible:
        return untested(result)
    if result.answered:
        return PASSED if result.word == "open" else failed(f"port_{port}_refused", result.word)
    return failed(f"port_{port}_silent", result.word)


def mail_rule(domain: Domain, host: Host) -> Finding:
    """
    Return whether a mail exchanger greets with 220 over IPv6.

    Silence counts only if a mail exchanger of the domain answers on port 25, and a rejection only
    if one greets over IPv4: otherwise the network of this machine may filter mail, or the servers reject it.
    """
    if has_usable(host).value is not Truth.YES:
        return PASSED
    port, greeting = port_state(host, 25, 6), _greeting(host, 6)
    if port.word == "port_25_silent":
        return port if _is_answered(domain) else unknown("port_25_filtered")
    if port.value is not Truth.YES or greeting.value is not Truth.NO:
        return port if port.value is not Truth.YES else greeting
    accepts = any(_greeting(exchanger, 4).value is Truth.YES for exchanger in domain.of_kind("MX"))
    return greeting if accepts else unknown("rejects_testers", greeting.detail)


def _greeting(host: Host, family: Family) -> Finding:
    address = host.chosen(family)
    result = address.greeting if address else None
    if result is None or not result.possible:
        return untested(result)
    return PASSED if result.word == "220" else failed("no_greeting", result.word)


def _is_answered(domain: Domain) -> bool:
    """Return whether port 25 of any mail exchanger answers, over any family."""
    results = (address.ports.get(25) for host in domain.of_kind("MX") for address in host.addresses)
    return any(result is not None and result.answered for result in results)


def name_server_rule(_: Domain, host: Host) -> Finding:
    if has_usable(host).value is not Truth.YES:
        return PASSED
    address = host.chosen(6)
    result = address.name_server if address else None
    if result is None or not result.possible:
        return untested(result) if address else unknown(_NO_ROUTE[6])
    return PASSED if result.word == "authoritative" else failed("not_authoritative", result.word)


def parity_rule(_: Domain, host: Host) -> Finding:
    """Return whether the website is the same over both families; one without IPv4 has nothing to differ from."""
    result = host.parity
    if result is not None and result.possible:
        return PASSED if result.word in ("same", "only_v6") else failed(result.word)
    if has_usable(host, 4).value is Truth.NO:
        return PASSED
    return untested(result) if result is None else unknown("no_pages", result.word)


def resolution(result: Result | None) -> Finding:
    """Return whether a resolver without IPv4 finds a name."""
    if result is None or not result.possible:
        return untested(result)
    return PASSED if result.word == "resolvable" else failed("broken")


def resolution_rule(_: Domain, host: Host) -> Finding:
    return resolution(host.resolution)


def path_rule(_: Domain, host: Host) -> Finding:
    """Return whether no probed IPv6 address of a host is behind a black hole; silent ones are not."""
    probed = [address for address in host.addresses if address.family == 6 and address.chosen]
    hole = next((address for address in probed if address.path_mtu and address.path_mtu.word == "black_hole"), None)
    if hole is not None:
        return failed("black_hole", hole.address)
    usable = has_usable(host)
    if usable.value is Truth.UNKNOWN:
        return usable
    if usable.value is Truth.YES and not probed:
        return unknown(_NO_ROUTE[6])
    undecided = [address.path_mtu for address in probed if address.path_mtu is None or not address.path_mtu.possible]
    return untested(undecided[0]) if undecided else PASSED


def content_rule(_: Domain, host: Host) -> Finding:
    result = host.third_parties
    if result is not None and result.word == NO_PAGE:
        return unknown(NO_PAGE)
    if result is None or not result.possible:
        return untested(result)
    return PASSED if result.word == "full" else failed("partial", ", ".join(host.without_ipv6))


def _rule(id_: str, passes: Callable[[Domain, Host], Finding]) -> Rule:
    text = catalogue().rules[id_]
    return Rule(id=id_, service=text.service, basis=text.basis, passes=passes, reasons=text.no)


# dns_number is about the domain, not about a host: `services` applies it.
RULES: Final[tuple[Rule, ...]] = (
    _rule("web_address", address_rule),
    _rule("web_http", port_rule(80)),
    _rule("web_https", port_rule(443)),
    _rule("web_parity", parity_rule),
    _rule("dns_address", address_rule),
    _rule("dns_authoritative", name_server_rule),
    _rule("mail_address", address_rule),
    _rule("mail_greeting", mail_rule),
    _rule("chain_resolvable", resolution_rule),
    _rule("path_mtu", path_rule),
    _rule("content_full", content_rule),
)
