"""
records: the NS, MX and SOA records of a domain.

    dns://resolver/example.com?type=NS&type=MX&type=SOA
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ipv6matrix.config.plan import APEX, Plan
from ipv6matrix.items import DomainItem, DomainObservation, Failure, Host, LookupObservation, Role, Status
from ipv6matrix.measurements import hosts, lookups
from ipv6matrix.measurements.base import Asked, Crawl, Crowd, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query
from ipv6matrix.measurements.lookups import LookupUrl
from ipv6matrix.targets import lists
from ipv6matrix.targets.policy import INVALID_NAME, OPTED_OUT

# Roles of hosts that no record names.
GUESSED: Final = ("WWW", "NTP", "APEX")
# Types of lookups about something else than a domain.
_OTHERS: Final = ("A", "PTR", "HTTPS")


def url(name: str, types: tuple[str, ...]) -> str:
    """Return the URL for the records of a domain, of each type in `types`."""
    return lookups.url(name, types)


def types(plan: Plan) -> tuple[str, ...]:
    """Return the record types that are looked up for each domain."""
    chosen = {"NS": "NS" in plan.features, "MX": "MX" in plan.features}
    chosen["SOA"] = "NS" in plan.features and "soa" in plan.metrics
    return tuple(rdtype for rdtype, is_wanted in chosen.items() if is_wanted)


def lookups_of(answer: DomainObservation | DomainItem) -> list[LookupObservation]:
    """Return the lookups of a domain that were made."""
    return [lookup for lookup in (answer.ns, answer.mx, answer.soa) if lookup]


class Records(Measurement[LookupUrl, DomainObservation, DomainItem]):
    """The records of each domain of the list, which lead to its hosts."""

    scheme = lookups.SCHEME
    metrics = ("soa", "dnssec")
    observation = DomainObservation
    item = DomainItem

    def claims(self, url: str) -> bool:
        return lookups.is_ordinary(url) and not any(lookups.asks(url, rdtype) for rdtype in _OTHERS)

    def parse(self, authority: str, path: str, query: Query) -> LookupUrl:
        server, destination = lookups.server_in(authority)
        name = lookups.name_in(path)
        return LookupUrl(subject=name, name=name, destination=destination, server=server, types=lookups.types_in(query))

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        """Return the URL of a domain; its existence is looked up even if none of its records is."""
        return (url(target.domain, types(plan) or ("SOA",)),) if target.domain else ()

    def subjects(self, url: str) -> tuple[tuple[str, int], ...]:  # noqa: ARG002
        return (("domains", 1),)

    def crowd(self, url: str) -> Crowd | None:
        return None if lookups.at_resolver(url) else lookups.network(url)

    def answer(self, asked: Asked[LookupUrl], observation: DomainObservation, crawl: Crawl) -> DomainItem:
        """
        Request the hosts of a domain: its NS and MX hosts, and, if the domain exists, the guessed ones.

        The retry pass does not request guessed hosts: the first request for the domain did that, whatever its answer.
        """
        name, plan, answers = asked.url.subject, crawl.plan, lookups_of(observation)
        if lookups.opted_out(answers, plan):
            return self.exclude(asked, OPTED_OUT, answers[0].asked_at)
        guessed = () if asked.url.second else tuple(_guessed(name, plan))
        name_servers = _name_servers(observation.ns, plan.ns_per_domain)
        roles = (*name_servers, *_mail_exchangers(observation.mx, plan.mx_per_domain), *guessed)
        settled = [Host(name=role.host, refusal=_exclusion(role.host)) for role in roles if _exclusion(role.host)]
        proof = next(filter(_denies, answers), None)
        if proof is not None:
            settled += [_absent(role.host, proof) for role in guessed]
        follow_ups = _host_urls(name, roles, {host.name for host in settled}, plan)
        if proof is None:
            follow_ups += crawl.urls(Target(domain=name), plan)
        for host in dict.fromkeys(role.host for role in roles if role.kind == "MX"):
            follow_ups += crawl.urls(Target(host=host), plan)
        return DomainItem(
            **asked.fields,
            name=name,
            tld=lists.tld(name),
            ns=observation.ns,
            mx=observation.mx,
            soa=observation.soa if "SOA" in types(plan) else None,
            roles=roles,
            hosts=tuple(settled),
            asked_at=answers[0].asked_at,
            follow_ups=tuple(follow_ups),
        )

    def exclude(self, asked: Asked[LookupUrl], reason: str, at: float) -> DomainItem:
        name = asked.url.subject
        return DomainItem(**asked.fields, name=name, tld=lists.tld(name), refusal=reason, asked_at=at)

    def evidence(self, observation: DomainObservation) -> Evidence:
        return lookups.evidence(lookups_of(observation))

    def existing(self, url: LookupUrl, observation: DomainObservation) -> str | None:
        # A server that the URL names may know domains that the resolvers do not.
        is_known = url.destination is None and observation.ns is not None and observation.ns.status == Status.OK
        return url.subject if is_known else None

    def unsent(self, url: LookupUrl, names: Sequence[str], now: float) -> DomainObservation:  # noqa: ARG002
        return DomainObservation(**{rdtype.lower(): lookups.unsent(url.subject, rdtype, now) for rdtype in url.types})

    def outcomes(self, item: DomainItem) -> list[Outcome]:
        return list(lookups.outcomes(lookups_of(item), (item.refusal,)))

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        return (url(failed.subject, failed.parts),)

    def is_answered(self, item: DomainItem) -> bool:
        return lookups.any_answer(lookups_of(item))


def _guessed(name: str, plan: Plan) -> Iterator[Role]:
    return (Role(kind=kind, host=hosts.name_of(label, name), priority=0) for kind, label in plan.guesses)


def _name_servers(lookup: LookupObservation | None, most: int) -> Iterator[Role]:
    """Yield NS hosts in the order of the answer; if there are too many, those first in alphabetical order."""
    names = dict.fromkeys(filter(None, lookup.texts if lookup else ()))
    selected = set(sorted(names)[:most])
    for rank, host in enumerate(names, start=1):
        if host in selected:
            yield Role(kind="NS", host=host, priority=rank)


def _mail_exchangers(lookup: LookupObservation | None, most: int) -> Iterator[Role]:
    """Yield MX hosts by preference, each once and at most `most` of them; not a null MX (RFC 7505)."""
    preferences: dict[str, int] = {}
    for preference, host in sorted(lookup.exchangers if lookup else ()):
        if host and len(preferences) < most:
            preferences.setdefault(host, preference)
    return (Role(kind="MX", host=host, priority=preference) for host, preference in preferences.items())


def _host_urls(name: str, roles: Sequence[Role], settled: set[str], plan: Plan) -> list[str]:
    """Return the URLs for hosts that are not settled: one for all guesses, one for each host that a record names."""
    unsettled = [role for role in roles if role.host not in settled]
    labels = tuple(hosts.label_of(role.host, name) for role in unsettled if role.kind in GUESSED)
    urls = [hosts.guesses(name, labels, hosts.types_of_guesses(plan))] if labels else []
    record_hosts = dict.fromkeys(role.host for role in unsettled if role.kind not in GUESSED)
    if APEX in labels:
        record_hosts.pop(name, None)  # a domain that is its own mail or name server
    return urls + [hosts.url(host) for host in record_hosts]


def _exclusion(host: str) -> str | None:
    if len(host) > lists.MAX_NAME:
        return Failure.NAME_TOO_LONG
    return None if lists.is_host(host) else INVALID_NAME


def _denies(lookup: LookupObservation) -> bool:
    """Return whether a lookup means that its name does not exist. An alias exists even if its target does not."""
    return lookup.status == Status.NXDOMAIN and lookup.canonical_name is None


def _absent(host: str, proof: LookupObservation) -> Host:
    """Return a host that cannot exist because a name above it does not exist (RFC 8020 section 2)."""
    spared = replace(proof, name=host, type="A", inferred=True)
    return Host(name=host, a=spared, aaaa=replace(spared, type="AAAA"))
