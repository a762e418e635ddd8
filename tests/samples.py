"""Handmade lookups, items and requests."""

from __future__ import annotations

from typing import Any

from ipv6matrix.items import (
    Address,
    DomainItem,
    Failure,
    Host,
    HostsItem,
    LookupObservation,
    NtpItem,
    NtpObservation,
    NtpStatus,
    Observation,
    PingItem,
    PingObservation,
    PmtuItem,
    PmtuObservation,
    PmtuStatus,
    Scheme,
    Status,
    TlsItem,
    TlsObservation,
    TlsStatus,
    WebItem,
    WebObservation,
)
from ipv6matrix.responses import ObservationResponse
from ipv6matrix.targets.policy import family, kind
from tests import urls

AT = 1_700_000_000.0


def lookup(
    name: str,
    rdtype: str,
    *records: Any,
    status: Status | Failure | None = None,
    ttl_s: int | None = 300,
    canonical_name: str | None = None,
) -> LookupObservation:
    """Return a lookup: `ok` with records, `nodata` without, or with the given status."""
    return LookupObservation(
        name=name,
        type=rdtype,
        status=status or (Status.OK if records else Status.NODATA),
        records=records,
        ttl_s=ttl_s,
        canonical_name=canonical_name,
        asked_at=AT,
    )


def host(name: str, *addresses: str, chosen: tuple[str, ...] | None = None, **more: Any) -> Host:
    """Return a host with these addresses, in this order; all are probed unless stated otherwise."""
    of_family = {number: [a for a in addresses if family(a) == number] for number in (4, 6)}
    return Host(
        name=name,
        a=lookup(name, "A", *of_family[4]),
        aaaa=lookup(name, "AAAA", *of_family[6]),
        chosen=addresses if chosen is None else chosen,
        **more,
    )


def address(text: str, **more: Any) -> Address:
    return Address(address=text, family=family(text), kind=kind(text), found_at=AT, **more)


def hosts_item(*hosts: Host, url: str | None = None, places: dict[str, dict[str, Any]] | None = None) -> HostsItem:
    """Return the item of these hosts with all their addresses, with the given places."""
    texts = dict.fromkeys(text for host in hosts for answer in (host.a, host.aaaa) if answer for text in answer.texts)
    return HostsItem(
        url=url or urls.host(hosts[0].name),
        hosts=hosts,
        addresses=tuple(address(text, **(places or {}).get(text, {})) for text in texts),
    )


def domain_item(name: str, **more: Any) -> DomainItem:
    values = {"url": domain_url(name), "tld": name.rpartition(".")[2], "asked_at": AT}
    return DomainItem(name=name, **(values | more))


def ping_item(text: str, *rtts_ms: float, sent: int = 5, failure: Failure | None = None) -> PingItem:
    ping = PingObservation(sent=sent, rtts_ms=rtts_ms, failure=failure, asked_at=AT)
    return PingItem(url=urls.ping(text), address=text, ping=ping)


def domain_url(name: str) -> str:
    return urls.domain(name, ("NS", "MX", "SOA"))


def response(url: str, observation: Observation, **meta: Any) -> ObservationResponse:
    """Return the answer to the request of a URL."""
    request = urls.request(url)
    request.meta.update(meta)
    return ObservationResponse(request, observation)


def ntp_item(text: str, status: NtpStatus | Failure, **more: Any) -> NtpItem:
    return NtpItem(url=f"ntp://{text}", address=text, ntp=NtpObservation(status=status, asked_at=AT), **more)


def pmtu_item(text: str, status: PmtuStatus | Failure, **more: Any) -> PmtuItem:
    return PmtuItem(
        url=f"pmtu://{text}", address=text, pmtu=PmtuObservation(status=status, sent=3, asked_at=AT), **more
    )


def tls_item(host: str, text: str, status: TlsStatus | Failure, **more: Any) -> TlsItem:
    tls = TlsObservation(status=status, asked_at=AT)
    return TlsItem(url=f"tls://{text}/{host}", host=host, address=text, tls=tls, **more)


def web_item(host: str, text: str, failure: Failure | None, scheme: Scheme = "https", **more: Any) -> WebItem:
    status_code = None if failure else 200
    web = WebObservation(scheme=scheme, status_code=status_code, failure=failure, asked_at=AT)
    return WebItem(url=f"web://{text}/{host}?scheme={scheme}", host=host, address=text, web=web, **more)
