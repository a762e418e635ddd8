"""
Verdicts: one value for each service of a domain, with the reasons of `no` and `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ipv6matrix.items import Status
from ipv6matrix.readiness import rules
from ipv6matrix.readiness.catalogue import Service, Text, catalogue
from ipv6matrix.readiness.facts import Domain, Host, Kind, Result
from ipv6matrix.readiness.logic import Truth, at_least, every, implies, negated, some
from ipv6matrix.readiness.rules import RULES, Basis, Finding
from ipv6matrix.targets.policy import OPTED_OUT

NOT_MEASURED: Final = "not_measured"
_ABSENT: Final = (Status.NODATA, Status.NXDOMAIN)
# Why a domain has no name server, by the status of the lookup.
_FEW: Final[dict[str, str]] = {Status.NXDOMAIN: "no_domain", Status.NODATA: "no_zone"}
_WEB: Final[dict[Kind, str]] = {"APEX": "", "WWW": "www."}
"The names of a website, by feature, as prefixes of the domain."


class Value(StrEnum):
    """A verdict in a word."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NONE = "none"

    @property
    def truth(self) -> Truth:
        """Return whether the service exists and works."""
        return Truth.NO if self is Value.NONE else Truth(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict is `no` or `unknown`."""

    service: Service
    host: str
    word: str
    detail: str = ""
    rule: str | None = None
    "The rule that a host does not meet; None if it could not be tested."

    @property
    def text(self) -> str:
        """What was found about the host: a phrase that follows its name."""
        return self._text.text.format(host=self.host, detail=self.detail)

    @property
    def cause(self) -> str:
        """Why the service could not be tested: a clause."""
        return self._text.cause.format(host=self.host, detail=self.detail, text=self.text)

    @property
    def advice(self) -> str:
        """One line for the operator of the domain, or of the test."""
        return self._text.advice.format(host=self.host, detail=self.detail)

    @property
    def _text(self) -> Text:
        rules, unknown = catalogue().rules, catalogue().unknown
        texts = unknown if self.rule is None else rules[self.rule].no if self.rule in rules else {}
        # A summary may have reasons of another version of the rules.
        return texts.get(self.word) or Text(text=self.word.replace("_", " "), advice="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict about one service."""

    service: Service
    value: Value
    reasons: tuple[Reason, ...] = ()

    @property
    def measured(self) -> bool:
        """Return whether anything that the verdict needs was measured."""
        return not self.reasons or any(reason.word != NOT_MEASURED for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A host with the value of a condition, and the reasons why it is not `yes`."""

    value: Truth
    reasons: tuple[Reason, ...] = ()


def verdicts(domain: Domain, basis: Basis) -> tuple[Verdict, ...]:
    """Return the verdict about each service."""
    if domain.exclusion is not None:
        return tuple(_unknown(service, domain, rules.unknown(OPTED_OUT)) for service in Service)
    return tuple(_JUDGES[service](domain, basis) for service in Service)


def any_usable(domain: Domain, basis: Basis) -> Truth:
    """Return whether the website, a name server or a mail exchanger has a public IPv6 address."""
    servers = (*domain.of_kind("NS"), *domain.of_kind("MX"))
    web = (every((_is_present(host).value, rules.has_usable(host).value)) for host in _web_hosts(domain, basis))
    complete = domain.exclusion is None and not any(map(_failure, (domain.ns, domain.mx)))
    others = Truth.NO if complete and not (domain.ns_omitted or domain.mx_omitted) else Truth.UNKNOWN
    return some((*web, *(rules.has_usable(host).value for host in servers), others))


def _web(domain: Domain, basis: Basis) -> Verdict:
    hosts = _web_hosts(domain, basis)
    if not hosts:
        return _unknown(Service.WEB, domain, rules.untested(None))
    exists = some(_is_present(host).value for host in hosts)
    if exists is Truth.NO:
        return Verdict(service=Service.WEB, value=Value.NONE)
    checked = [_check_if_present(Service.WEB, domain, host, basis) for host in _present(domain, basis)]
    return _all(Service.WEB, [_Checked(value=exists), *checked])


def _dns(domain: Domain, basis: Basis) -> Verdict:
    if (finding := _failure(domain.ns)) is not None:
        return _unknown(Service.DNS, domain, finding)
    hosts = domain.of_kind("NS")
    checked = [_check(Service.DNS, domain, host, basis) for host in hosts]
    value = at_least(2, (check.value for check in checked), more=domain.ns_omitted > 0)
    reasons = [reason for check in (*checked, *_unlisted(Service.DNS, domain, "NS")) for reason in check.reasons]
    if len(hosts) + domain.ns_omitted < 2:
        word = _FEW.get(domain.ns.word if domain.ns else "", "few_name_servers")
        reasons.append(Reason(service=Service.DNS, host=domain.name, word=word, rule="dns_number"))
    return _verdict(Service.DNS, value, reasons)


def _mail(domain: Domain, basis: Basis) -> Verdict:
    if (finding := _failure(domain.mx)) is not None:
        return _unknown(Service.MAIL, domain, finding)
    hosts = domain.of_kind("MX")
    if not hosts and not domain.mx_omitted:
        return Verdict(service=Service.MAIL, value=Value.NONE)
    checked = {host.name: _check(Service.MAIL, domain, host, basis) for host in hosts}
    surely, perhaps = _best_exchangers(hosts)
    works = some(checked[host.name].value for host in surely)
    never = every(negated(checked[host.name].value) for host in perhaps)
    value = Truth.YES if works is Truth.YES else Truth.NO if never is Truth.YES else Truth.UNKNOWN
    reasons = [reason for host in perhaps for reason in (*checked[host.name].reasons, *_rank_unknown(host))]
    return _verdict(Service.MAIL, value, reasons)


def _rank_unknown(host: Host) -> Iterator[Reason]:
    """Yield why it is not known whether a mail exchanger is among those that senders over IPv4 try first."""
    finding = rules.has_usable(host, 4)
    if finding.value is Truth.UNKNOWN:
        yield from _reason(Service.MAIL, host.name, finding)


def _best_exchangers(hosts: tuple[Host, ...]) -> tuple[list[Host], list[Host]]:
    """
    Return the mail exchangers that senders over IPv4 try first, and those that may be among them.

    Those are the ones whose preference is not worse than the best of a host with an IPv4 address;
    all of them if none has one.
    """
    has4 = [(host.roles["MX"], rules.has_usable(host, 4).value) for host in hosts]
    lowest = max(host.roles["MX"] for host in hosts) if hosts else 0
    sure = min((preference for preference, value in has4 if value is Truth.YES), default=lowest)
    earliest = min((preference for preference, value in has4 if value is not Truth.NO), default=lowest)
    surely = [host for host in hosts if host.roles["MX"] <= earliest]
    return surely, [host for host in hosts if host.roles["MX"] <= sure]


def _chain(domain: Domain, basis: Basis) -> Verdict:
    own = rules.resolution(domain.resolution)
    checked = [
        _Checked(value=own.value, reasons=tuple(_reason(Service.CHAIN, domain.name, own, "chain_resolvable"))),
        *(_check_if_present(Service.CHAIN, domain, host, basis) for host in _present(domain, basis, "MX")),
        *_unlisted(Service.CHAIN, domain, "MX"),
    ]
    return _all(Service.CHAIN, checked)


def _path(domain: Domain, basis: Basis) -> Verdict:
    hosts = _present(domain, basis, "NS", "MX")
    checked = [_check_if_present(Service.PATH, domain, host, basis) for host in hosts]
    checked += _unlisted(Service.PATH, domain, "NS", "MX")
    results = [
        address.path_mtu
        for host in hosts
        if not host.wildcard
        for address in host.addresses
        if address.family == 6 and address.path_mtu
    ]
    if every(check.value for check in checked) is Truth.YES and not any(result.answered for result in results):
        return _unknown(Service.PATH, domain, rules.untested(results[0]) if results else _NOTHING)
    return _all(Service.PATH, checked)


def _content(domain: Domain, basis: Basis) -> Verdict:
    hosts = _present(domain, basis)
    checked = [_check_if_present(Service.CONTENT, domain, host, basis) for host in hosts]
    if not any(_is_present(host).value is Truth.YES for host in hosts):
        return _unknown(Service.CONTENT, domain, _NOTHING)
    return _all(Service.CONTENT, checked)


_NOTHING: Final = rules.unknown("nothing_to_test")
_JUDGES: Final[dict[Service, Callable[[Domain, Basis], Verdict]]] = {
    Service.WEB: _web,
    Service.DNS: _dns,
    Service.MAIL: _mail,
    Service.CHAIN: _chain,
    Service.PATH: _path,
    Service.CONTENT: _content,
}


def _web_hosts(domain: Domain, basis: Basis) -> list[Host]:
    """Return the domain itself and its `www`, as far as the crawl looked for them."""
    by_name = {host.name: host for host in domain.hosts}
    names = {f"{prefix}{domain.name}": kind for kind, prefix in _WEB.items() if kind in basis}
    return [by_name.get(name, Host(name=name, roles={kind: 0})) for name, kind in names.items()]


def _present(domain: Domain, basis: Basis, *kinds: Kind) -> list[Host]:
    """Return the hosts of the website that may exist, and those in some roles, each once."""
    web = [host for host in _web_hosts(domain, basis) if _is_present(host).value is not Truth.NO]
    others = [host for kind in kinds for host in domain.of_kind(kind)]
    return list({host.name: host for host in (*web, *others)}.values())


def _unlisted(service: Service, domain: Domain, *kinds: Kind) -> Iterator[_Checked]:
    """Yield an unknown value for hosts whose names are not known, in each of some roles."""
    for kind in kinds:
        lookup, omitted = (domain.ns, domain.ns_omitted) if kind == "NS" else (domain.mx, domain.mx_omitted)
        finding = _failure(lookup) or (rules.untested(None) if omitted else rules.PASSED)
        yield _Checked(value=finding.value, reasons=tuple(_reason(service, domain.name, finding)))


def _is_present(host: Host) -> Finding:
    """Return whether a name has any address; a wildcard does not show that its owner meant this name."""
    lookups = (host.a, host.aaaa)
    if host.exclusion is not None or host.wildcard:
        finding = rules.has_usable(host)
        return finding if host.exclusion is not None else rules.unknown("wildcard")
    if any(lookup is not None and lookup.word == Status.OK for lookup in lookups):
        return rules.PASSED
    undecided = [lookup for lookup in lookups if lookup is None or lookup.word not in _ABSENT]
    return rules.unresolved(undecided[0]) if undecided else rules.failed("no_aaaa")


def _check(service: Service, domain: Domain, host: Host, basis: Basis) -> _Checked:
    """Apply the rules of a service to a host."""
    findings = [
        (rule.id, rule.passes(domain, host)) for rule in RULES if rule.service is service and rule.applies(basis)
    ]
    reasons = tuple(reason for id_, finding in findings for reason in _reason(service, host.name, finding, id_))
    return _Checked(value=every(finding.value for _, finding in findings), reasons=reasons)


def _check_if_present(service: Service, domain: Domain, host: Host, basis: Basis) -> _Checked:
    """Apply the rules of a service to a host that need not exist unless it is a name server or mail exchanger."""
    checked = _check(service, domain, host, basis)
    if "NS" in host.roles or "MX" in host.roles:
        return checked
    present = _is_present(host)
    reasons = (*_reason(service, host.name, present), *checked.reasons)
    return _Checked(value=implies(present.value, checked.value), reasons=reasons)


def _reason(service: Service, host: str, finding: Finding, rule: str | None = None) -> Iterator[Reason]:
    if finding.value is not Truth.YES and finding.word:
        failed_rule = rule if finding.value is Truth.NO else None
        yield Reason(service=service, host=host, word=finding.word, detail=finding.detail, rule=failed_rule)


def _all(service: Service, checked: Iterable[_Checked]) -> Verdict:
    checks = list(checked)
    reasons = [reason for check in checks for reason in check.reasons]
    return _verdict(service, every(check.value for check in checks), reasons)


def _verdict(service: Service, value: Truth, reasons: Iterable[Reason]) -> Verdict:
    """Return a verdict with the reasons that led to its value, each once."""
    has_rule = {Truth.NO: True, Truth.UNKNOWN: False}.get(value)
    of_value = [reason for reason in reasons if (reason.rule is not None) is has_rule]
    return Verdict(service=service, value=Value(value), reasons=tuple(dict.fromkeys(of_value)))


def _unknown(service: Service, domain: Domain, finding: Finding) -> Verdict:
    return _verdict(service, Truth.UNKNOWN, _reason(service, domain.name, finding))


def _failure(lookup: Result | None) -> Finding | None:
    """Return the finding about a lookup that names no hosts because it was not made, or failed."""
    answered = lookup is not None and lookup.word in (*_ABSENT, Status.OK)
    return None if answered else rules.unresolved(lookup)
