"""
What changed from one crawl to another: domains, countries and TLDs that gained or lost IPv6.

A domain counts only if both crawls looked it up and both know whether it has IPv6;
shares are of the domains that are known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, or_, select

from ipv6matrix.summaries.ipv6_conditions import has_ipv6, is_unknown
from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import DataVersion, ReadModel
from ipv6matrix.web.sums import Slice, sums
from ipv6matrix.web.v1.models import Changes, DomainChange, GroupChange
from ipv6matrix.web.v1.paging import answer, heavy, page
from ipv6matrix.web.v1.parameters import MOST, Paged, Strict, order
from ipv6matrix.web.v1.resources import PENETRATION
from ipv6matrix.web.v1.totals import date_of

_ONE, _TWO = DOMAINS.alias("one"), DOMAINS.alias("two")
_GAINED: ColumnElement[bool] = and_(~has_ipv6(_ONE), ~is_unknown(_ONE), has_ipv6(_TWO))
_LOST: ColumnElement[bool] = and_(has_ipv6(_ONE), ~has_ipv6(_TWO), ~is_unknown(_TWO))

router: Final = APIRouter(prefix="/changes", tags=["Changes"])

_Direction = Annotated[Literal["gained", "lost"] | None, Field(description="One kind only.")]
_From = Annotated[
    dt.date | None, Field(alias="from", description="Of the earlier crawl; the one before `to` if none is given.")
]
_To = Annotated[dt.date | None, Field(description="Of the later crawl; the last one if none is given.")]


class DomainChangeQuestion(Strict):
    from_: _From = None
    to: _To = None
    change: _Direction = None
    country: Annotated[str | None, Field(pattern=r"^[A-Za-z]{2}$")] = None
    after: Annotated[str | None, Field(max_length=253, description="The name before the first one.")] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100


class GroupChangeQuestion(Paged):
    from_: _From = None
    to: _To = None
    change: _Direction = None
    least: Annotated[int, Field(ge=0, le=10**9, description="Known domains that each crawl has at least.")] = 1
    sort: Annotated[str, Field(pattern=order("name", "difference"))] = "name"


@router.get("/domains", response_model=Changes[DomainChange])
def domains(request: Request, question: Annotated[DomainChangeQuestion, Query()]) -> Response:
    """List domains that gained or lost IPv6, by name."""
    return answer(request, lambda model: _domains(request, model, question), lane=heavy)


@router.get("/countries", response_model=Changes[GroupChange])
def countries(request: Request, question: Annotated[GroupChangeQuestion, Query()]) -> Response:
    """List countries whose share of domains with IPv6 grew or shrank."""
    return answer(request, lambda model: _groups(request, model, question, "country"), lane=heavy)


@router.get("/tlds", response_model=Changes[GroupChange])
def tlds(request: Request, question: Annotated[GroupChangeQuestion, Query()]) -> Response:
    """List TLDs whose share of domains with IPv6 grew or shrank."""
    return answer(request, lambda model: _groups(request, model, question, "tld"), lane=heavy)


def differences(question: DomainChangeQuestion, before: dt.date, after: dt.date) -> Select[Any]:
    """Return the query for one page of domains that gained or lost IPv6, with one domain more if there are more."""
    query = (
        select(_TWO.c.domain, _TWO.c.country, has_ipv6(_TWO).label("gained"))
        .join_from(_TWO, _ONE, _ONE.c.domain == _TWO.c.domain)
        .where(_ONE.c.date == before, _TWO.c.date == after)
        .where({"gained": _GAINED, "lost": _LOST, None: or_(_GAINED, _LOST)}[question.change])
    )
    if question.country:
        query = query.where(_TWO.c.country == question.country.upper())
    if question.after:
        query = query.where(_TWO.c.domain > question.after.lower())
    return query.order_by(_TWO.c.domain).limit(question.limit + 1)


def _dates(now: DataVersion, question: DomainChangeQuestion | GroupChangeQuestion) -> tuple[dt.date, dt.date]:
    after = date_of(now, question.to)
    earlier = [date for date in now.dates if date < after]
    if question.from_ is None and not earlier:
        raise NotFoundError(f"There is no crawl before {after}")
    before = date_of(now, question.from_) if question.from_ else earlier[-1]
    return before, after


def _domains(request: Request, model: ReadModel, question: DomainChangeQuestion) -> dict[str, Any]:
    before, after = _dates(model.version, question)
    rows = [
        {"domain": domain, "change": "gained" if gained else "lost", "country": country}
        for domain, country, gained in model.rows(differences(question, before, after))
    ]
    return _between((before, after), page(request, rows, question.limit, after=lambda last: last["domain"]))


def _groups(request: Request, model: ReadModel, question: GroupChangeQuestion, group: str) -> dict[str, Any]:
    dates = _dates(model.version, question)
    rows = groups(model, group, dates, question.change, question.least)
    rows.sort(key=lambda row: row[question.sort.removeprefix("-")], reverse=question.sort.startswith("-"))
    part = rows[question.offset : question.offset + question.limit + 1]
    return _between(dates, page(request, part, question.limit, offset=lambda _: question.offset + question.limit))


def groups(
    model: ReadModel, group: str, dates: tuple[dt.date, dt.date], change: str | None, least: int = 1
) -> list[dict[str, Any]]:
    """Return the groups whose share of domains with IPv6 differs between two crawls, by name."""
    before, after = (_states(model, group, date) for date in dates)
    return [row for row in _compared(before, after, least) if change in (None, row["change"])]


def _states(model: ReadModel, group: str, date: dt.date) -> dict[str, dict[str, Any]]:
    rows = model.mappings(sums(PENETRATION, Slice(group=group, since=date, until=date)))
    names = ("domains", "unknown", "with_ipv6", "ipv6_share")
    return {row[group]: {name: row[name] for name in names} for row in rows}


def _compared(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]], least: int
) -> Iterator[dict[str, Any]]:
    for name in sorted(before.keys() & after.keys()):
        earlier, later = before[name], after[name]
        if min(state["domains"] - state["unknown"] for state in (earlier, later)) < max(least, 1):
            continue
        difference = round(later["ipv6_share"] - earlier["ipv6_share"], 6)
        if difference:
            change = "gained" if difference > 0 else "lost"
            yield {"name": name, "change": change, "difference": difference, "before": earlier, "after": later}


def _between(dates: Sequence[dt.date], page: dict[str, Any]) -> dict[str, Any]:
    return {"from": dates[0], "to": dates[1], **page}
