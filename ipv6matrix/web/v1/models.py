"""
The schemas of answers, for the OpenAPI document.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, create_model

from ipv6matrix.web.sums import Figures
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE, SERVICES

Item = TypeVar("Item", bound=BaseModel)
Share = Annotated[float | None, Field(description="Of those known; null where none is.")]
Ratio = Annotated[float | None, Field(description="IPv6 through IPv4; null without a host that was measured.")]
Count = Annotated[int, Field(ge=0)]
Unknown = Annotated[int, Field(ge=0, description="A lookup failed: counted neither as with nor as without.")]
Milliseconds = Annotated[float, Field(ge=0, description="Sum of the hosts' mean round-trip times, in milliseconds.")]
Next = Annotated[str | None, Field(description="Where the next items are; null at the end.")]
Country = Annotated[str, Field(description="ISO 3166-1 alpha-2; ZZ is unknown.", examples=["DE"])]


class Page(BaseModel, Generic[Item]):
    """Items, and the link to the next page."""

    items: list[Item]
    next: Next


def figures_page(name: str, about: str, figures: Figures, **described: Any) -> Any:
    """
    Return the schema of pages of sums; fields that are not described are counts, and shares at the end.

    What is described and no figure is a further field of each row, after its date.
    """
    kinds = {"country": Country, "bracket": int}
    groups = {group: (kinds.get(group, str) | None, None) for group in figures.groups}
    fields = {field: (described.pop(field, Count), ...) for field in figures.fields}
    ratios = {field: (described.pop(field, _ratio(field)), ...) for field in figures.ratios}
    further = {field: (kind, ...) for field, kind in described.items()}
    values: dict[str, Any] = {"date": (dt.date, ...), **further, **groups, **fields, **ratios}
    return Page[create_model(name, __doc__=about, **values)]  # type: ignore[misc]


def _ratio(field: str) -> Any:
    return Share if field.endswith("share") else Ratio


HostFiguresPage = figures_page(
    "HostFigures",
    "Hosts of domains, by the addresses they have; a guessed host without an address is none.",
    HOSTS,
    unknown=Unknown,
    ping_hosts=Annotated[int, Field(ge=0, description="Hosts that answer Echo Requests over both.")],
    ping_ipv4_sum_ms=Milliseconds,
    ping_ipv6_sum_ms=Milliseconds,
    path_hosts=Annotated[int, Field(ge=0, description="Hosts that traces over both arrive at.")],
)
ReachFiguresPage = figures_page(
    "ReachFigures", "Hosts that should offer a service, and those whose port is open.", REACHABLE, unknown=Unknown
)
PenetrationFiguresPage = figures_page(
    "PenetrationFigures",
    "Domains, and those with IPv6 on any host, or on a kind of host.",
    PENETRATION,
    unknown=Unknown,
)

Known = Annotated[
    int | None, Field(ge=0, description="Domains that have such a host and are known; null if not counted then.")
]
UnknownOf = Annotated[int | None, Field(ge=0, description="A lookup failed; null if not counted then.")]
ServiceFiguresPage = figures_page(
    "ServiceFigures",
    "Domains by kind of host: those that have one and are known, those of them with IPv6, and unknown ones.",
    SERVICES,
    **{name: Known if name.endswith("_known") else UnknownOf for name in SERVICES.fields if "known" in name},
)


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
    """One domain: each crawl that looked it up, and every fact of the last one."""

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
