"""
Domains: a crawl's list of them, one of them with all that is known, and its badge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from sqlalchemy import select

from ipv6matrix.store.newest import newest
from ipv6matrix.summaries import ipv6, ipv6_conditions
from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.targets import lists
from ipv6matrix.web import domain_names
from ipv6matrix.web.answers import answered
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.sums import whole
from ipv6matrix.web.v1 import badge, facts
from ipv6matrix.web.v1.models import Domain, DomainSummary, Ipv6State, Page
from ipv6matrix.web.v1.paging import answer, page, quick
from ipv6matrix.web.v1.parameters import MOST, Strict
from ipv6matrix.web.v1.totals import date_of

router: Final = APIRouter(tags=["Domains"])

Name = Annotated[str, Path(min_length=1, max_length=260, description="A-labels or U-labels.", examples=["example.com"])]

# By our names, the columns.
_FIELDS: Final = {
    **{f"{kind}_hosts": f"{kind}_hosts" for kind in ("www", "mx", "ns", "ntp")},
    **{f"{kind}_with_ipv6": f"{kind}_hosts6" for kind in ("www", "mx", "ns", "ntp")},
    **{f"{port}_ipv{family}_open": f"{port}{family}" for port in ("http", "https", "smtp") for family in (4, 6)},
    "ping_faster_over_ipv6": "faster",
    "path_shorter_over_ipv6": "fewer",
    "unknown": "unknown",
}
_RATIOS: Final = {"ping_ratio": "pingratio", "path_ratio": "hopratio"}


class DomainQuestion(Strict):
    prefix: Annotated[str | None, Field(max_length=253, description="How names begin.")] = None
    country: Annotated[str | None, Field(pattern=r"^[A-Za-z]{2}$")] = None
    ipv6: Annotated[Ipv6State | None, Field(description="Whether any host has IPv6.")] = None
    date: Annotated[dt.date | None, Field(description="Of the crawl; the last one if none is given.")] = None
    after: Annotated[str | None, Field(max_length=253, description="The name before the first one.")] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100


class FactsQuestion(Strict):
    offset: Annotated[int, Field(ge=0, le=10_000_000, description="Addresses to skip in the facts.")] = 0


@router.get("/domains", response_model=Page[DomainSummary])
def domains(request: Request, question: Annotated[DomainQuestion, Query()]) -> Response:
    """List the domains of a crawl by name."""
    return answer(request, lambda model: _list(request, model, question))


@router.get("/domains/{name}", response_model=Domain)
def domain(request: Request, name: Name, question: Annotated[FactsQuestion, Query()]) -> Response:
    """Return all that is known of a domain; very many addresses come in pages, which `facts.next_offset` continues."""
    name = clean(name)
    file = newest(request.app.state.output_dir)
    return answer(request, lambda model: _detail(model, name, file, question.offset), depends_on=facts.version(file))


@router.get(
    "/domains/{name}/badge.svg",
    response_class=Response,
    responses={200: {"content": {badge.MEDIA: {"schema": {"type": "string"}}}}},
)
def domain_badge(request: Request, name: Name) -> Response:
    """Draw where a domain has IPv6, as of the last crawl that looked it up."""
    name = clean(name)
    return answered(request, badge.MEDIA, lambda model: badge.draw(crawls(model, name)[-1]), lane=quick)


def _list(request: Request, model: ReadModel, question: DomainQuestion) -> dict[str, Any]:
    query = select(DOMAINS).where(DOMAINS.c.date == date_of(model.version, question.date))
    if question.ipv6:
        query = query.where(ipv6_conditions.state_of(DOMAINS) == question.ipv6)
    if question.prefix:
        query = query.where(domain_names.meaning(model, question.prefix))
    if question.country:
        query = query.where(DOMAINS.c.country == question.country.upper())
    if question.after:
        query = query.where(DOMAINS.c.domain > question.after.lower())
    rows = model.mappings(query.order_by(DOMAINS.c.domain).limit(question.limit + 1))
    return page(request, [summary(row) for row in rows], question.limit, after=lambda last: last["domain"])


def _detail(model: ReadModel, name: str, file: FilePath | None, offset: int) -> dict[str, Any]:
    status, domain_facts = facts.of(file, name, offset)
    rows = crawls(model, name, or_facts=domain_facts is not None)
    return {"domain": name, "crawls": rows, "facts_status": status, "facts": domain_facts}


def crawls(model: ReadModel, name: str, *, or_facts: bool = False) -> list[dict[str, Any]]:
    """Return what each crawl found of a domain, the earliest first. Raises NotFoundError for one without any."""
    query = select(DOMAINS).where(DOMAINS.c.domain == name).order_by(DOMAINS.c.date)
    rows = [summary(row) for row in model.mappings(query)]
    if not rows and not or_facts:
        raise NotFoundError(f"No crawl has asked about {name}")
    return rows


def summary(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of Domains with today's names."""
    return {
        "date": row["date"],
        "domain": row["domain"],
        "country": row["country"],
        "ipv6": ipv6.of_row(row),
        **{name: row[column] for name, column in _FIELDS.items()},
        # 0 in the table means that nothing was measured.
        **{name: whole(round(row[column], 6)) or None for name, column in _RATIOS.items()},
    }


def clean(name: str) -> str:
    """Return a name as it is stored. Raises NotFoundError for one that is invalid."""
    cleaned = lists.clean(name)
    if isinstance(cleaned, lists.Rejected):
        raise NotFoundError("Not a valid domain name")
    return cleaned
