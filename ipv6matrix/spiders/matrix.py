"""
The spider: decides what to request next.

A domain leads to its hosts, a host to its addresses, an address to its probes. Each
answer becomes one item, which carries the requests that follow from it and marks its own
request as answered.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import scrapy
from scrapy.crawler import Crawler
from scrapy.http import Response

from ipv6matrix import urls
from ipv6matrix.config.plan import Plan
from ipv6matrix.items import (
    Address,
    Answered,
    DomainItem,
    DomainObservation,
    Exclusion,
    ExclusionItem,
    Failure,
    Host,
    HostObservation,
    HostsItem,
    HostsObservation,
    LookupObservation,
    Observation,
    PingItem,
    PingObservation,
    ReverseItem,
    ReverseObservation,
    Role,
    Status,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.targets import feeding, lists
from ipv6matrix.targets.policy import INVALID_NAME, OPTED_OUT, family, sort_key
from ipv6matrix.turns import FEW, Turns

# Number of invalid rows of the list that are logged; all are counted.
_EXAMPLES: Final = 10

Output = Answered | Awaitable[Answered]


class MatrixSpider(scrapy.Spider):
    """
    Crawls a list of domains.

    Arguments (-a): `domains` is a file, a folder of files or a Majestic CSV, or
    `majestic` or `tranco`, which preflight replaces with the file that it downloaded.
    `supplemental` is an additional file.
    """

    name = "matrix"

    def __init__(self, domains: str = "", supplemental: str = "", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.domains = domains
        self.supplemental = supplemental
        self._turns = Turns()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **named: Any) -> Self:
        spider = super().from_crawler(crawler, *arguments, **named)
        spider.plan = Plan.from_settings(crawler.settings)
        return spider

    plan: Plan

    def files(self) -> tuple[Path, ...]:
        """Return the files of the list; raise ListError for one that cannot be read."""
        return tuple(
            file for location in (self.domains, self.supplemental) if location for file in lists.paths(location)
        )

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Request the records of each domain of the list. BackpressureMiddleware decides how fast the list is read."""
        types = self.plan.domain_types or ("SOA",)
        rows = rejected = 0
        async for entry in feeding.entries(self.files()):
            rows += 1
            if isinstance(entry, lists.Rejected):
                rejected += 1
                self._reject(entry, is_example=rejected <= _EXAMPLES)
            else:
                yield urls.request(urls.domain(entry, types))
        level = logging.WARNING if rejected else logging.INFO
        self.logger.log(
            level, "The list has %s rows: %s are domains, %s are not", *_texts(rows, rows - rejected, rejected)
        )

    def parse(self, response: Response, **_: Any) -> Output:
        """Return the item of an answer, with the requests that follow from it."""
        assert isinstance(response, ObservationResponse)
        return self._parsers[type(response.observation)](self, response, response.observation)

    def parse_domain(self, response: ObservationResponse, observation: DomainObservation) -> DomainItem:
        """
        Request the hosts of a domain: its NS and MX hosts, and, if the domain exists, the guessed ones.

        The retry pass does not request guessed hosts: the first request for the domain did that, whatever its answer.
        """
        name, second = _url(response).subject, _url(response).second
        if self._opted_out(*_lookups(observation)):
            return self._excluded_domain(response, OPTED_OUT, _lookups(observation)[0].asked_at)
        guessed = () if second else tuple(self._guessed(name))
        name_servers = _name_servers(observation.ns, self.plan.ns_per_domain)
        roles = (*name_servers, *_mail_exchangers(observation.mx, self.plan.mx_per_domain), *guessed)
        absent = any(map(_denies, _lookups(observation)))
        hosts = [Host(name=role.host, refusal=_exclusion(role.host)) for role in roles if _exclusion(role.host)]
        if absent:
            hosts += [_absent(role.host, observation) for role in guessed]
        settled = {host.name for host in hosts}
        labels = tuple(label for _, label in self.plan.guesses if f"{label}.{name}" not in settled)
        named = dict.fromkeys(role.host for role in roles if role.kind in ("NS", "MX"))
        follow_ups = [urls.guesses(name, labels)] if labels and not second else []
        follow_ups += [urls.host(host) for host in named if host not in settled]
        return DomainItem(
            **_of(response),
            name=name,
            tld=lists.tld(name),
            ns=observation.ns,
            mx=observation.mx,
            soa=observation.soa if "SOA" in self.plan.domain_types else None,
            roles=roles,
            hosts=tuple(hosts),
            asked_at=_lookups(observation)[0].asked_at,
            follow_ups=tuple(follow_ups),
        )

    async def parse_hosts(self, response: ObservationResponse, observation: HostsObservation) -> HostsItem:
        """
        Request probes of each address chosen for a host, including its reverse name.

        Hosts may have thousands of addresses; these are processed in turns of the event loop.
        """
        hosts = [await self._host(host) for host in observation.hosts]
        hosts += [Host(name=name, refusal=OPTED_OUT) for name in response.meta.get("opted_out", ())]
        chosen = dict.fromkeys(address for host in hosts for address in host.chosen)
        addresses = {
            address: Address(address=address, family=family(address), found_at=lookup.asked_at)
            for host in hosts
            for lookup in (host.a, host.aaaa)
            if lookup
            for address in lookup.texts
        }
        return HostsItem(
            **_of(response),
            hosts=tuple(hosts),
            addresses=tuple(addresses.values()),
            follow_ups=tuple(url for address in chosen for url in self._probes(address)),
        )

    def parse_reverse(self, response: ObservationResponse, observation: ReverseObservation) -> ReverseItem:
        return ReverseItem(**_of(response), address=_subject(response), lookup=observation.lookup)

    def parse_ping(self, response: ObservationResponse, observation: PingObservation) -> PingItem:
        return PingItem(**_of(response), address=_subject(response), ping=observation)

    def parse_tcp(self, response: ObservationResponse, observation: TcpObservation) -> TcpItem:
        return TcpItem(**_of(response), address=_subject(response), tcp=observation)

    def parse_trace(self, response: ObservationResponse, observation: TraceObservation) -> TraceItem:
        """Request the names of the routers on the path."""
        follow_ups: tuple[str, ...] = ()
        if "reverse" in self.plan.metrics:
            routers = dict.fromkeys(hop.address for hop in observation.hops if hop.address)
            follow_ups = tuple(urls.reverse(router) for router in filter(self._is_usable, routers))
        return TraceItem(**_of(response), address=_subject(response), trace=observation, follow_ups=follow_ups)

    def parse_exclusion(self, response: ObservationResponse, observation: Exclusion) -> Answered:
        """Return an item with the reason why a domain, hosts or an address was excluded."""
        url = _url(response)
        if url.about_hosts:
            hosts = tuple(Host(name=name, refusal=observation.reason) for name in url.names)
            return HostsItem(**_of(response), hosts=hosts, addresses=())
        if url.name is not None:
            return self._excluded_domain(response, observation.reason, response.meta["refused_at"])
        return ExclusionItem(**_of(response), address=url.subject, reason=observation.reason)

    _parsers: Final[dict[type[Observation], Callable[..., Output]]] = {
        DomainObservation: parse_domain,
        HostsObservation: parse_hosts,
        ReverseObservation: parse_reverse,
        PingObservation: parse_ping,
        TcpObservation: parse_tcp,
        TraceObservation: parse_trace,
        Exclusion: parse_exclusion,
    }

    def _guessed(self, name: str) -> Iterator[Role]:
        return (Role(kind=kind, host=f"{label}.{name}", priority=0) for kind, label in self.plan.guesses)

    def _excluded_domain(self, response: ObservationResponse, reason: str, when: float) -> DomainItem:
        name = _subject(response)
        return DomainItem(**_of(response), name=name, tld=lists.tld(name), refusal=reason, asked_at=when)

    async def _host(self, host: HostObservation) -> Host:
        """Return a host with the addresses chosen for it; exclude it if it is an alias of a name that opted out."""
        if self._opted_out(host.a, host.aaaa):
            return Host(name=host.name, refusal=OPTED_OUT)
        a, chosen4 = await self._choose(host.a)
        aaaa, chosen6 = await self._choose(host.aaaa)
        return Host(name=host.name, a=a, aaaa=aaaa, wildcard=host.wildcard, chosen=(*chosen4, *chosen6))

    def _opted_out(self, *lookups: LookupObservation | None) -> bool:
        """Return whether a chain of CNAMEs leads to or through a name that opted out."""
        opt_outs = self.plan.opt_outs
        return opt_outs is not None and any(
            opt_outs.contains_name(name)
            for lookup in lookups
            if lookup and lookup.canonical_name is not None
            for name in (*lookup.aliases, lookup.canonical_name)
        )

    async def _choose(self, lookup: LookupObservation | None) -> tuple[LookupObservation | None, tuple[str, ...]]:
        """
        Choose the smallest usable addresses of a lookup, which do not depend on the order of the answer.

        Return the lookup as it will be stored (the chosen and the smallest other addresses), and the chosen ones.
        """
        texts = lookup.texts if lookup else ()
        if len(texts) <= FEW:
            ordered = sorted(set(texts), key=sort_key)
            chosen = tuple(filter(self._is_usable, ordered))[: self.plan.addresses_per_host]
        else:
            async with self._turns:
                ordered = sorted(set(texts), key=sort_key)
                chosen = await self._choose_of_many(ordered)
        most = max(self.plan.addresses_stored_per_host, len(chosen))
        return _bounded(lookup, (*chosen, *ordered), most), chosen

    async def _choose_of_many(self, ordered: Sequence[str]) -> tuple[str, ...]:
        chosen: list[str] = []
        for address in ordered:
            await self._turns.end_if_due()
            if self._is_usable(address):
                chosen.append(address)
                if len(chosen) == self.plan.addresses_per_host:
                    break
        return tuple(chosen)

    def _is_usable(self, address: str) -> bool:
        return self.plan.policy.exclusion(address) is None

    def _probes(self, address: str) -> Iterator[str]:
        metrics = self.plan.metrics
        if "reverse" in metrics:
            yield urls.reverse(address)
        if "ping" in metrics:
            yield urls.ping(address)
        if self.plan.ports:
            yield urls.tcp(address, self.plan.ports, starttls="tls" in metrics)
        if "path" in metrics:
            yield urls.trace(address)

    def _reject(self, entry: lists.Rejected, *, is_example: bool) -> None:
        assert self.crawler.stats
        self.crawler.stats.inc_value(f"list/refused/{entry.reason}")
        if is_example:
            self.logger.warning("Not a domain (%s): %r [LIST_ROW_INVALID]", entry.reason, entry.text[:100])


def _texts(*numbers: int) -> Iterator[str]:
    return (f"{number:,}" for number in numbers)


def _url(response: ObservationResponse) -> urls.RequestUrl:
    assert response.request is not None
    return urls.of(response.request)


def _of(response: ObservationResponse) -> dict[str, Any]:
    """Return the fields that every item takes from its request."""
    return {"url": response.url, "second": _url(response).second}


def _subject(response: ObservationResponse) -> str:
    return _url(response).subject


def _lookups(observation: DomainObservation) -> list[LookupObservation]:
    return [lookup for lookup in (observation.ns, observation.mx, observation.soa) if lookup]


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


def _bounded(lookup: LookupObservation | None, by_merit: Sequence[str], most: int) -> LookupObservation | None:
    """Return a lookup limited to `most` addresses, the first ones of `by_merit`."""
    if lookup is None or len(lookup.records) <= most:
        return lookup
    stored = set(list(dict.fromkeys(by_merit))[:most])
    records = tuple(text for text in lookup.texts if text in stored)
    return replace(lookup, records=records, omitted=len(lookup.records) - len(records))


def _exclusion(host: str) -> str | None:
    if len(host) > lists.MAX_NAME:
        return Failure.NAME_TOO_LONG
    return None if lists.is_host(host) else INVALID_NAME


def _denies(lookup: LookupObservation) -> bool:
    """Return whether a lookup means that its name does not exist. An alias exists even if its target does not."""
    return lookup.status == Status.NXDOMAIN and lookup.canonical_name is None


def _absent(host: str, observation: DomainObservation) -> Host:
    """Return a host that cannot exist because a name above it does not exist (RFC 8020 section 2)."""
    proof = next(filter(_denies, _lookups(observation)))
    spared = replace(proof, name=host, type="A", inferred=True)
    return Host(name=host, a=spared, aaaa=replace(spared, type="AAAA"))
