"""
What changed from one crawl to another: domains, countries and TLDs that gained or lost IPv6.

A domain counts only if it was asked about both times and it is known both times
whether it has IPv6; a share is one of the domains that are known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Select, select

from ipv6matrix.summaries.prepared import changes
from ipv6matrix.summaries.prepared.tables import CHANGES
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Slice, table
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.v1.models import Changes, DomainChange, GroupChange
from ipv6matrix.web.v1.paging import answer, page
from ipv6matrix.web.v1.parameters import MOST, Paged, Strict, order
from ipv6matrix.web.v1.resources import PENETRATION
from ipv6matrix.web.v1.totals import date_of, share

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
    return answer(request, lambda connection, now: _domains(request, connection, now, question))


@router.get("/countries", response_model=Changes[GroupChange])
def countries(request: Request, question: Annotated[GroupChangeQuestion, Query()]) -> Response:
    """List countries whose share of domains with IPv6 grew or shrank."""
    return answer(request, lambda connection, now: _groups(request, connection, now, question, "country"))


@router.get("/tlds", response_model=Changes[GroupChange])
def tlds(request: Request, question: Annotated[GroupChangeQuestion, Query()]) -> Response:
    """List TLDs whose share of domains with IPv6 grew or shrank."""
    return answer(request, lambda connection, now: _groups(request, connection, now, question, "tld"))


def _dates(now: Edition, question: DomainChangeQuestion | GroupChangeQuestion) -> tuple[dt.date, dt.date]:
    after = date_of(now, question.to)
    earlier = [date for date in now.dates if date < after]
    if question.from_ is None and not earlier:
        raise NotFoundError(f"There is no crawl before {after}")
    before = date_of(now, question.from_) if question.from_ else earlier[-1]
    return before, after


def _domains(request: Request, connection: Connection, now: Edition, question: DomainChangeQuestion) -> dict[str, Any]:
    before, after = _dates(now, question)
    is_prepared = now.has_totals and changes.are_of(connection, before, after)
    query = _prepared(question, after) if is_prepared else differences(question, before, after)
    found = [
        {"domain": domain, "change": "gained" if gained else "lost", "country": country}
        for domain, country, gained in connection.execute(query)
    ]
    return _between((before, after), page(request, found, question.limit, after=lambda last: last["domain"]))


def _prepared(question: DomainChangeQuestion, after: dt.date) -> Select[Any]:
    there = CHANGES.c
    where = [there.date == after]
    if question.change:
        where.append(there.gained == int(question.change == "gained"))
    if question.country:
        where.append(there.country == question.country.upper())
    if question.after:
        where.append(there.domain > question.after.lower())
    query = select(there.domain, there.country, there.gained).where(*where)
    return query.order_by(there.domain).limit(question.limit + 1)


def differences(question: DomainChangeQuestion, before: dt.date, after: dt.date) -> Select[Any]:
    """Compare two crawls, whichever."""
    one, two = changes.ONE.c, changes.TWO.c
    query = changes.between(before, after)
    if question.change:
        query = query.where({"gained": changes.GAINED, "lost": changes.LOST}[question.change])
    if question.country:
        query = query.where(two.country == question.country.upper())
    if question.after:
        # Of both, so that the database need not find out that it is one question.
        query = query.where(one.domain > question.after.lower(), two.domain > question.after.lower())
    return query.order_by(two.domain).limit(question.limit + 1)


def _groups(
    request: Request, connection: Connection, now: Edition, question: GroupChangeQuestion, group: str
) -> dict[str, Any]:
    dates = _dates(now, question)
    before, after = (_states(connection, now, group, date) for date in dates)
    found = [row for row in _compared(before, after, question.least) if question.change in (None, row["change"])]
    found.sort(key=lambda row: row[question.sort.removeprefix("-")], reverse=question.sort.startswith("-"))
    part = found[question.offset : question.offset + question.limit + 1]
    return _between(dates, page(request, part, question.limit, offset=lambda _: question.offset + question.limit))


def _states(connection: Connection, now: Edition, group: str, date: dt.date) -> dict[str, dict[str, Any]]:
    asked = Slice(group=group, since=date, until=date)
    names = ("domains", "unknown", "with_ipv6")
    found, _ = table(connection, PENETRATION, asked, now)
    return {
        word: {**dict(zip(names, counts, strict=True)), "ipv6_share": share(counts[2], counts[0] - counts[1])}
        for word, *counts in zip(*(found[name].to_pylist() for name in (group, *names)), strict=True)
    }


def _compared(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]], least: int
) -> Iterator[dict[str, Any]]:
    for name in sorted(before.keys() & after.keys()):
        one, two = before[name], after[name]
        if min(state["domains"] - state["unknown"] for state in (one, two)) < max(least, 1):
            continue
        difference = round(two["ipv6_share"] - one["ipv6_share"], 6)
        if difference:
            change = "gained" if difference > 0 else "lost"
            yield {"name": name, "change": change, "difference": difference, "before": one, "after": two}


def _between(dates: Sequence[dt.date], page: dict[str, Any]) -> dict[str, Any]:
    return {"from": dates[0], "to": dates[1], **page}
