"""
hosts: the addresses of hosts that records name, or that are guessed.

    dns://resolver/example.com?type=A&type=AAAA&type=HTTPS&labels=www,ntp,@
    dns://resolver/mail.example.net?type=A&type=AAAA
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ipv6matrix.config.plan import APEX, Plan
from ipv6matrix.items import Address, Host, HostObservation, HostsItem, HostsObservation, LookupObservation, RoleKind
from ipv6matrix.measurements import lookups
from ipv6matrix.measurements.base import Asked, Crawl, Crowd, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query
from ipv6matrix.measurements.lookups import LookupUrl
from ipv6matrix.targets.policy import OPTED_OUT, family, sort_key
from ipv6matrix.turns import FEW

_TYPES: Final = ("A", "AAAA")
_HTTPS: Final = "HTTPS"
_LABELS: Final = "&labels="


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsUrl(LookupUrl):
    """A parsed URL for the addresses of hosts."""

    labels: tuple[str, ...] = ()
    "Labels prefixed to the subject; each makes one host. `@` is the subject itself."

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name_of(label, self.subject) for label in self.labels) or (self.subject,)

    @property
    def about_known_hosts(self) -> bool:
        """Return True also for guesses: more is measured of a guessed host than of one that a record names."""
        return self.second or bool(self.labels)

    @property
    def about_hosts(self) -> bool:
        return True


def url(name: str, types: tuple[str, ...] = _TYPES) -> str:
    """Return the URL for the addresses of one host."""
    return lookups.url(name, types)


def guesses(name: str, labels: tuple[str, ...], types: tuple[str, ...] = _TYPES) -> str:
    """Return the URL for the addresses of the hosts `label.name`; the label `@` is the name itself."""
    return f"{lookups.url(name, types)}{_LABELS}{','.join(labels)}"


def name_of(label: str, domain: str) -> str:
    """Return the host that a label makes of a domain."""
    return domain if label == APEX else f"{label}.{domain}"


def label_of(host: str, domain: str) -> str:
    """Return the label that makes a host of a domain."""
    return APEX if host == domain else host.removesuffix(f".{domain}")


def types_of_guesses(plan: Plan) -> tuple[str, ...]:
    """Return the types of lookups of guessed hosts; HTTPS is for the domain itself and its `www`."""
    return (*_TYPES, _HTTPS) if "httpsrr" in plan.metrics else _TYPES


def lookups_of(hosts: Iterable[HostObservation | Host]) -> list[LookupObservation]:
    """Return the lookups of hosts that were made."""
    return [lookup for host in hosts for lookup in (host.a, host.aaaa, host.https) if lookup]


class Hosts(Measurement[HostsUrl, HostsObservation, HostsItem]):
    """The addresses of hosts, which lead to the probes of those addresses."""

    scheme = lookups.SCHEME
    metrics = ("apex", "httpsrr")
    observation = HostsObservation
    item = HostsItem

    def claims(self, url: str) -> bool:
        return lookups.is_ordinary(url) and (lookups.asks(url, "A") or lookups.asks(url, _HTTPS))

    def parse(self, authority: str, path: str, query: Query) -> HostsUrl:
        server, destination = lookups.server_in(authority)
        name = lookups.name_in(path)
        return HostsUrl(
            subject=name,
            name=name,
            destination=destination,
            server=server,
            types=lookups.types_in(query),
            labels=tuple(label for key, value in query if key == "labels" for label in value.split(",")),
        )

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:  # noqa: ARG002 - the records of a domain lead to hosts
        return ()

    def subjects(self, url: str) -> tuple[tuple[str, int], ...]:
        return (("hosts", url.partition(_LABELS)[2].count(",") + 1),)

    def crowd(self, url: str) -> Crowd | None:
        """Return the name above a host; None for guesses, and where names belong to different owners."""
        at_resolver = lookups.at_resolver(url)
        if at_resolver is None:
            return lookups.network(url)
        name, query = at_resolver
        parent = name.partition(".")[2]
        return parent if _LABELS not in query and "." in parent else None

    async def answer(self, asked: Asked[HostsUrl], observation: HostsObservation, crawl: Crawl) -> HostsItem:
        """
        Request what is measured of each address chosen for a host.

        Hosts may have thousands of addresses; these are processed in turns of the event loop.
        """
        hosts = [await _host(host, crawl) for host in observation.hosts]
        hosts += [Host(name=name, refusal=OPTED_OUT) for name in asked.opted_out]
        addresses = {
            address: Address(address=address, family=family(address), found_at=lookup.asked_at)
            for lookup in lookups_of(hosts)
            for address in lookup.texts
        }
        return HostsItem(
            **asked.fields,
            hosts=tuple(hosts),
            addresses=tuple(addresses.values()),
            follow_ups=_follow_ups(hosts, asked.url, crawl),
        )

    def exclude(self, asked: Asked[HostsUrl], reason: str, at: float) -> HostsItem:  # noqa: ARG002
        hosts = tuple(Host(name=name, refusal=reason) for name in asked.url.names)
        return HostsItem(**asked.fields, hosts=hosts, addresses=())

    def evidence(self, observation: HostsObservation) -> Evidence:
        return lookups.evidence(lookups_of(observation.hosts))

    def unsent(self, url: HostsUrl, names: Sequence[str], now: float) -> HostsObservation:
        web = (url.subject, f"www.{url.subject}")

        def lookup(name: str, rdtype: str) -> LookupObservation | None:
            is_asked = rdtype in url.types and (rdtype != _HTTPS or name in web)
            return lookups.unsent(name, rdtype, now) if is_asked else None

        hosts = (
            HostObservation(name=name, a=lookup(name, "A"), aaaa=lookup(name, "AAAA"), https=lookup(name, _HTTPS))
            for name in names
        )
        return HostsObservation(hosts=tuple(hosts))

    def outcomes(self, item: HostsItem) -> list[Outcome]:
        return list(lookups.outcomes(lookups_of(item.hosts), [host.refusal for host in item.hosts]))

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        if failed.labels:
            return (guesses(failed.subject, failed.labels, failed.parts),)
        return (url(failed.subject, failed.parts),)

    def is_answered(self, item: HostsItem) -> bool:
        return lookups.any_answer(lookups_of(item.hosts))


def _roles(url: HostsUrl, plan: Plan) -> dict[str, frozenset[RoleKind]]:
    """Return the roles of guessed hosts."""
    guesses = plan.guesses if url.labels else ()
    return {name_of(label, url.subject): frozenset((kind,)) for kind, label in guesses}


def _follow_ups(hosts: Iterable[Host], url: HostsUrl, crawl: Crawl) -> tuple[str, ...]:
    """Return the URLs of all measurements of hosts at their addresses, each once."""
    urls: dict[str, None] = {}
    roles = _roles(url, crawl.plan)
    for host in hosts:
        for address in host.chosen:
            target = Target(
                host=host.name,
                address=address,
                roles=roles.get(host.name, frozenset()),
                label=label_of(host.name, url.subject) if url.labels else None,
                wildcard=host.wildcard,
            )
            urls.update(dict.fromkeys(crawl.urls(target, crawl.plan)))
    return tuple(urls)


async def _host(host: HostObservation, crawl: Crawl) -> Host:
    """Return a host with the addresses chosen for it; exclude it if it is an alias of a name that opted out."""
    if lookups.opted_out(lookups_of((host,)), crawl.plan):
        return Host(name=host.name, refusal=OPTED_OUT)
    a, chosen4 = await _choose(host.a, crawl)
    aaaa, chosen6 = await _choose(host.aaaa, crawl)
    return Host(name=host.name, a=a, aaaa=aaaa, https=host.https, wildcard=host.wildcard, chosen=(*chosen4, *chosen6))


async def _choose(lookup: LookupObservation | None, crawl: Crawl) -> tuple[LookupObservation | None, tuple[str, ...]]:
    """
    Choose the smallest usable addresses of a lookup, which do not depend on the order of the answer.

    Return the lookup as it will be stored (the chosen and the smallest other addresses), and the chosen ones.
    """
    plan, texts = crawl.plan, lookup.texts if lookup else ()
    if not texts:
        return lookup, ()
    if len(texts) <= FEW:
        ordered = sorted(set(texts), key=sort_key)
        usable = (address for address in ordered if plan.policy.exclusion(address) is None)
        chosen = tuple(usable)[: plan.addresses_per_host]
    else:
        async with crawl.turns:
            ordered = sorted(set(texts), key=sort_key)
            chosen = await _choose_of_many(ordered, crawl)
    most = max(plan.addresses_stored_per_host, len(chosen))
    return _bounded(lookup, (*chosen, *ordered), most), chosen


async def _choose_of_many(ordered: Sequence[str], crawl: Crawl) -> tuple[str, ...]:
    chosen: list[str] = []
    for address in ordered:
        await crawl.turns.end_if_due()
        if crawl.plan.policy.exclusion(address) is None:
            chosen.append(address)
            if len(chosen) == crawl.plan.addresses_per_host:
                break
    return tuple(chosen)


def _bounded(lookup: LookupObservation | None, by_merit: Sequence[str], most: int) -> LookupObservation | None:
    """Return a lookup limited to `most` addresses, the first ones of `by_merit`."""
    if lookup is None or len(lookup.records) <= most:
        return lookup
    stored = set(list(dict.fromkeys(by_merit))[:most])
    records = tuple(text for text in lookup.texts if text in stored)
    return replace(lookup, records=records, omitted=len(lookup.records) - len(records))
