"""
The facts from which the readiness of domains follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from ipv6matrix.items import Failure, NameServerAnswer, PmtuStatus, Resolvability, Status
from ipv6matrix.readiness.facts import NO_PAGE, Address, Domain, Host, Result, not_possible, silent
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import third_parties, web_parity
from ipv6matrix.store.queries.asked import asked
from ipv6matrix.store.queries.third_parties import Support

_ANSWERS: Final = frozenset(Status)
_REFUSALS: Final = (Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET, Failure.CONNECTION_CLOSED)
_SILENCE: Final = (Failure.TIMEOUT, Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE)
_UNSENT: Final = (Failure.PERMISSION_DENIED, Failure.PROBE_FAILED)
# Number of hosts cached in memory: name servers and mail exchangers that thousands of domains share.
_KEPT: Final = 20_000
# Other metrics may be added or missing: levels stay comparable.
_NEEDED: Final = frozenset(
    (
        *("NS", "MX", "WWW", "APEX", "tcp25", "tcp80", "tcp443", "tls"),
        *("nameservers", "resolver6", "pmtu", "web"),
    )
)
# What every crawl looks for if its record does not state it, as that of an imported one.
_USUAL: Final = frozenset(("NS", "MX", "WWW", "tcp25", "tcp80", "tcp443"))


def basis(store: Store) -> frozenset[str]:
    """
    Return the words of FEATURES and METRICS on which verdicts depend and that a crawl measured.

    That of the domain itself is `APEX`.
    """
    options = asked(store)
    if options is None or options.features is None or options.metrics is None:
        return _USUAL
    measured = {metric for metric in options.metrics if options.has_metric(metric)}
    return (options.features | measured | ({"APEX"} if "apex" in measured else frozenset())) & _NEEDED


def domain(store: Store, name: str) -> Domain | None:
    """Return the facts about a domain; None for one that is not in the crawl."""
    rows = store.query(f"{_DOMAINS} WHERE name = ?", (name,))
    return _Reader(store).domain(*rows[0]) if rows else None


def domains(store: Store) -> Iterator[Domain]:
    """Yield the facts about each domain that was looked up, by TLD and name."""
    reader = _Reader(store)
    for row in store.stream(f"{_DOMAINS} WHERE refusal IS NULL ORDER BY tld, name"):
        yield reader.domain(*row)


_DOMAINS: Final = """
    SELECT id, name, refusal, ns_status, mx_status,
           (SELECT records FROM lookups WHERE owner = 'domain' AND owner_id = domain_figures.id AND type = 'NS'),
           (SELECT records FROM lookups WHERE owner = 'domain' AND owner_id = domain_figures.id AND type = 'MX')
    FROM domain_figures"""

# Of the guessed hosts, only those of the website that people type.
_HOSTS: Final = """
    SELECT host_id, host, kind, priority, wildcard, role_figures.refusal, a_status, aaaa_status
    FROM role_figures JOIN hosts ON hosts.id = host_id
    WHERE domain_id = ? AND (kind IN ('NS', 'MX', 'APEX') OR kind = 'WWW' AND host = 'www.' || domain)
    ORDER BY host_id, kind"""

_ADDRESSES: Final = """
    SELECT addresses.id, address, addresses.family, refusal, choice,
           ifnull((SELECT min(value) FROM pings, json_each(rtts_ms) WHERE pings.address_id = addresses.id),
                  (SELECT min_ms FROM ping_summaries WHERE ping_summaries.address_id = addresses.id)),
           EXISTS (SELECT 1 FROM pings WHERE pings.address_id = addresses.id AND failure IS NULL)
           OR EXISTS (SELECT 1 FROM ping_summaries WHERE ping_summaries.address_id = addresses.id)
    FROM host_addresses JOIN addresses ON addresses.id = host_addresses.address_id
    WHERE host_id = ? AND (choice IS NOT NULL OR refusal IS NOT NULL)
    ORDER BY addresses.family, choice IS NULL, choice, position"""

_PORTS: Final = "SELECT port, open, failure FROM ports WHERE address_id = ?"
_GREETING: Final = "SELECT greeting_code, failure FROM smtp_sessions WHERE address_id = ?"
_NAME_SERVERS: Final = """
    SELECT address, answer FROM name_servers JOIN addresses ON addresses.id = address_id
    WHERE domain_id = ? AND NOT tcp"""
_RESOLUTION: Final = "SELECT answer FROM resolver6 WHERE name = ? AND type = ?"
_PATH_MTU: Final = "SELECT status, mtu_bytes FROM path_mtus WHERE address_id = ?"


class _Reader:
    """Reads domains, and caches the addresses of hosts that many of them share."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._addresses = lru_cache(_KEPT)(self._read_addresses)

    def domain(
        self,
        number: int,
        name: str,
        refusal: str | None,
        ns_status: str | None,
        mx_status: str | None,
        ns_hosts: int | None,
        mx_hosts: int | None,
    ) -> Domain:
        answers = {address: _name_server(word) for address, word in self._store.query(_NAME_SERVERS, (number,))}
        rows = self._store.query(_HOSTS, (number,))
        hosts = [self._host(list(roles), answers) for _, roles in groupby(rows, key=itemgetter(0))]
        host_counts = {kind: sum(kind in host.roles for host in hosts) for kind in ("NS", "MX")}
        return Domain(
            name=name,
            exclusion=refusal,
            ns=_lookup(ns_status),
            mx=_lookup(mx_status),
            ns_omitted=max((ns_hosts or 0) - host_counts["NS"], 0),
            mx_omitted=max((mx_hosts or 0) - host_counts["MX"], 0),
            hosts=tuple(hosts),
            resolution=self._resolution(name, "SOA"),
        )

    def _host(self, roles: list[tuple[Any, ...]], answers: Mapping[str, Result]) -> Host:
        number, name, _, _, wildcard, refusal, a_status, aaaa_status = roles[0]
        kinds = {kind: priority for _, _, kind, priority, *_ in roles}
        addresses = self._addresses(number)
        if "NS" in kinds:
            addresses = tuple(replace(address, name_server=answers.get(address.address)) for address in addresses)
        is_site = self._has_pages and not kinds.keys().isdisjoint(("APEX", "WWW"))
        content, without_ipv6 = self._content(number) if is_site else (None, ())
        return Host(
            name=name,
            roles=kinds,
            a=_lookup(a_status),
            aaaa=_lookup(aaaa_status),
            wildcard=bool(wildcard),
            exclusion=refusal,
            addresses=addresses,
            resolution=self._resolution(name, "AAAA"),
            parity=_parity(web_parity.of_host(self._store, number)) if is_site else None,
            third_parties=content,
            without_ipv6=without_ipv6,
        )

    @cached_property
    def _has_pages(self) -> bool:
        return bool(self._store.query("SELECT 1 FROM web_pages LIMIT 1"))

    def _content(self, host_id: int) -> tuple[Result | None, tuple[str, ...]]:
        """Return whether the hosts of other parties that a page uses have IPv6, and those that have none."""
        page = third_parties.of_host(self._store, host_id)
        if page is None:
            asked_for = self._store.query("SELECT 1 FROM web_pages WHERE host_id = ? LIMIT 1", (host_id,))
            return not_possible(NO_PAGE) if asked_for else None, ()
        if page.support is Support.UNKNOWN:
            return not_possible("lookup_failed"), ()
        return Result(page.support), page.lacking

    def _resolution(self, name: str, rdtype: str) -> Result | None:
        return next((_resolution(*row) for row in self._store.query(_RESOLUTION, (name, rdtype))), None)

    def _read_addresses(self, host_id: int) -> tuple[Address, ...]:
        return tuple(self._address(*row) for row in self._store.query(_ADDRESSES, (host_id,)))

    def _address(
        self,
        number: int,
        address: str,
        family: Any,
        refusal: str | None,
        choice: int | None,
        rtt_ms: float | None,
        pinged: int,
    ) -> Address:
        query = self._store.query
        return Address(
            address=address,
            family=family,
            exclusion=refusal,
            chosen=choice is not None,
            pinged=bool(pinged),
            rtt_ms=rtt_ms,
            ports={port: _port(is_open, failure) for port, is_open, failure in query(_PORTS, (number,))},
            path_mtu=next((_path_mtu(*row) for row in query(_PATH_MTU, (number,))), None),
            greeting=next((_greeting(*row) for row in query(_GREETING, (number,))), None),
        )


def _lookup(status: str | None) -> Result | None:
    if status is None:
        return None
    if status in _ANSWERS:
        return Result(status)
    return silent(status) if status == Failure.TIMEOUT else not_possible(status)


def _port(is_open: int, failure: str | None) -> Result:
    if is_open:
        return Result("open")
    if failure in _REFUSALS:
        return Result(failure)
    return silent(failure) if failure in _SILENCE else not_possible(failure or Failure.PROBE_FAILED)


def _greeting(code: int | None, failure: str | None) -> Result | None:
    """Return the code of a greeting, or why a server that accepted the connection did not greet."""
    if code is not None:
        return Result(str(code))
    if failure is None:
        return None
    return not_possible(failure) if failure in _UNSENT else Result(failure)


def _path_mtu(status: str, mtu_bytes: int | None) -> Result:
    """Return the MTU, or the word for its absence; an address that answers no Echo Request is silent."""
    if status == PmtuStatus.MEASURED:
        return Result(str(mtu_bytes))
    if status == PmtuStatus.UNTESTABLE:
        return silent(status)
    return Result(status) if status == PmtuStatus.BLACK_HOLE else not_possible(status)


def _name_server(answer: str) -> Result:
    return not_possible(answer) if answer == NameServerAnswer.UNTESTABLE else Result(answer)


def _resolution(answer: str) -> Result:
    return not_possible(answer) if answer == Resolvability.UNKNOWN else Result(answer)


def _parity(outcome: web_parity.Web | None) -> Result | None:
    if outcome is None:
        return None
    return not_possible(outcome) if outcome is web_parity.Web.UNTESTABLE else Result(outcome)
