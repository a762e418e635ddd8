"""
The schemas of answers, for the OpenAPI document.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item", bound=BaseModel)
Share = Annotated[float | None, Field(description="Of those known; null where none is.")]
Ratio = Annotated[float | None, Field(description="IPv6 through IPv4; null without a host that was measured.")]
Count = Annotated[int, Field(ge=0)]
Unknown = Annotated[int, Field(ge=0, description="A lookup failed: counted neither as with nor as without.")]
Milliseconds = Annotated[float, Field(ge=0, description="Sum of the hosts' mean round-trip times, in milliseconds.")]
Next = Annotated[str | None, Field(description="Where the next items are; null at the end.")]
Country = Annotated[str, Field(description="ISO 3166-1 alpha-2; ZZ is unknown.", examples=["DE"])]


class Page(BaseModel, Generic[Item]):
    """Items, and where to go on."""

    items: list[Item]
    next: Next


class HostFigures(BaseModel):
    """Hosts of domains, by the addresses they have; a guessed host without an address is none."""

    date: dt.date
    tld: str | None = None
    country: Country | None = None
    type: str | None = None
    hosts: Count
    unknown: Unknown
    with_ipv6: Count
    ipv4_only: Count
    ipv6_only: Count
    dual_stack: Count
    no_address: Count
    ping_hosts: Annotated[int, Field(ge=0, description="Hosts that answer Echo Requests over both.")]
    ping_faster_over_ipv6: Count
    ping_ipv4_sum_ms: Milliseconds
    ping_ipv6_sum_ms: Milliseconds
    path_hosts: Annotated[int, Field(ge=0, description="Hosts that traces over both arrive at.")]
    path_shorter_over_ipv6: Count
    path_ipv4_sum_hops: Count
    path_ipv6_sum_hops: Count
    ipv6_share: Share
    ping_ratio: Ratio
    path_ratio: Ratio


class ReachFigures(BaseModel):
    """Hosts that should offer a service, and those whose port is open."""

    date: dt.date
    tld: str | None = None
    country: Country | None = None
    service: str | None = None
    ipv4_hosts: Count
    ipv6_hosts: Count
    ipv4_open: Count
    ipv6_open: Count
    unknown: Unknown


class PenetrationFigures(BaseModel):
    """Domains, and those with IPv6 on any host, or on a kind of host."""

    date: dt.date
    tld: str | None = None
    country: Country | None = None
    domains: Count
    unknown: Unknown
    with_ipv6: Count
    www_with_ipv6: Count
    mx_with_ipv6: Count
    ns_with_ipv6: Count
    ntp_with_ipv6: Count
    ipv6_share: Share


Known = Annotated[
    int | None, Field(ge=0, description="Domains that have such a host and are known; null if not counted then.")
]
UnknownOf = Annotated[int | None, Field(ge=0, description="A lookup failed; null if not counted then.")]


class ServiceFigures(BaseModel):
    """Domains by kind of host: those that have one and are known, those of them with IPv6, and unknown ones."""

    date: dt.date
    tld: str | None = None
    country: Country | None = None
    domains: Count
    www_known: Known
    www_with_ipv6: Count
    www_unknown: UnknownOf
    mx_known: Known
    mx_with_ipv6: Count
    mx_unknown: UnknownOf
    ns_known: Known
    ns_with_ipv6: Count
    ns_unknown: UnknownOf
    ntp_known: Known
    ntp_with_ipv6: Count
    ntp_unknown: UnknownOf
    www_ipv6_share: Share
    mx_ipv6_share: Share
    ns_ipv6_share: Share
    ntp_ipv6_share: Share


class Totals(BaseModel):
    """Domains and hosts together."""

    domains: Count
    domains_with_ipv6: Count
    domains_unknown: Unknown
    domains_ipv6_share: Share
    hosts: Count
    hosts_with_ipv6: Count
    hosts_unknown: Unknown
    hosts_ipv6_share: Share


class Crawl(Totals):
    """One crawl; hosts whose country is unknown are not counted."""

    date: dt.date


class CountryTotals(Totals):
    """One country in one crawl: its domains by their first host, its hosts by their own address."""

    date: dt.date
    country: Country


class TldTotals(Totals):
    """One TLD in one crawl."""

    date: dt.date
    tld: str


Ipv6State = Literal["yes", "no", "unknown"]


class DomainSummary(BaseModel):
    """One domain in one crawl."""

    date: dt.date
    domain: str
    country: Country
    ipv6: Annotated[Ipv6State, Field(description="Whether any host has a usable IPv6 address.")]
    www_hosts: Count
    www_with_ipv6: Count
    mx_hosts: Count
    mx_with_ipv6: Count
    ns_hosts: Count
    ns_with_ipv6: Count
    ntp_hosts: Count
    ntp_with_ipv6: Count
    http_ipv4_open: Count
    http_ipv6_open: Count
    https_ipv4_open: Count
    https_ipv6_open: Count
    smtp_ipv4_open: Count
    smtp_ipv6_open: Count
    ping_faster_over_ipv6: Count
    ping_ratio: Ratio
    path_shorter_over_ipv6: Count
    path_ratio: Ratio
    unknown: Unknown


class Domain(BaseModel):
    """One domain: each crawl that asked about it, and every fact of the last one."""

    domain: str
    crawls: list[DomainSummary]
    facts_status: Literal["found", "not_in_crawl", "no_file", "unreadable"]
    facts: Annotated[dict[str, Any] | None, Field(description="As docs/observations.md names them; null unless found.")]


class DomainChange(BaseModel):
    """A domain that gained or lost IPv6."""

    domain: str
    change: Literal["gained", "lost"]
    country: Country


class State(BaseModel):
    """Domains of a group in one crawl."""

    domains: Count
    unknown: Unknown
    with_ipv6: Count
    ipv6_share: Share


class GroupChange(BaseModel):
    """A country or TLD whose share of domains with IPv6 grew or shrank."""

    name: str
    change: Literal["gained", "lost"]
    difference: Annotated[float, Field(ge=-1, le=1, description="Of the shares: after less before.")]
    before: State
    after: State


class Changes(BaseModel, Generic[Item]):
    """What changed from one crawl to another."""

    model_config = {"populate_by_name": True}

    from_: Annotated[dt.date, Field(alias="from")]
    to: dt.date
    items: list[Item]
    next: Next


class TableLinks(BaseModel):
    """Where a table can be downloaded."""

    table: str
    columns: list[str]
    csv: str
    parquet: str


class Tables(BaseModel):
    """All tables."""

    items: list[TableLinks]


class Index(BaseModel):
    """Where everything is."""

    version: str
    crawls: Annotated[list[dt.date], Field(description="Dates, the earliest first.")]
    links: dict[str, str]
