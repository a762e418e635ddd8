"""
Figures by date and group: hosts, reachability, penetration.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection, Select

from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Figures, sums, tidy
from ipv6matrix.web.v1.models import HostFigures, Page, PenetrationFigures, ReachFigures
from ipv6matrix.web.v1.paging import answer, page
from ipv6matrix.web.v1.parameters import HostQuestion, PenetrationQuestion, ReachQuestion
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE
from ipv6matrix.web.v1.sorting import part

router: Final = APIRouter(tags=["Figures"])

Question = HostQuestion | ReachQuestion | PenetrationQuestion


@router.get("/hosts", response_model=Page[HostFigures])
def hosts(request: Request, question: Annotated[HostQuestion, Query()]) -> Response:
    """Count hosts by the addresses they have, their round-trip times and their distance."""
    return _answer(request, HOSTS, question)


@router.get("/reachability", response_model=Page[ReachFigures])
def reachability(request: Request, question: Annotated[ReachQuestion, Query()]) -> Response:
    """Count hosts whose ports are open: HTTP and HTTPS of WWW hosts, SMTPS of mail exchangers."""
    return _answer(request, REACHABLE, question)


@router.get("/penetration", response_model=Page[PenetrationFigures])
def penetration(request: Request, question: Annotated[PenetrationQuestion, Query()]) -> Response:
    """Count domains with IPv6."""
    return _answer(request, PENETRATION, question)


def _answer(request: Request, figures: Figures, question: Question) -> Response:
    return answer(request, lambda connection, now: _page(request, connection, now, figures, question))


def _page(
    request: Request, connection: Connection, now: Edition, figures: Figures, question: Question
) -> dict[str, Any]:
    asked, window = question.slice(question.group), {"offset": question.offset, "limit": question.limit + 1}
    columns = part(connection, figures, asked, now, sort=question.sort, **window)
    if columns is None:
        query = _sorted(sums(figures, asked, prepared=now.has_totals), question.sort, figures)
        rows = connection.execute(query.limit(window["limit"]).offset(window["offset"]))
        columns = dict(zip(rows.keys(), zip(*rows.all(), strict=True), strict=False))
    plain = [tidy(values, 6 if name in figures.ratios else 3) for name, values in columns.items()]
    found = [dict(zip(columns, values, strict=True)) for values in zip(*plain, strict=True)]
    return page(request, found, question.limit, offset=lambda _: question.offset + question.limit)


def _sorted(query: Select[Any], sort: str, figures: Figures) -> Select[Any]:
    columns = {column.name: column for column in query.selected_columns}
    name = sort.removeprefix("-")
    if sort == "date" or name not in columns:
        return query
    keys = [column for key, column in columns.items() if key in ("date", *figures.groups)]
    # What is not known is neither small nor large: it comes last.
    last = [columns[name].is_(None)] if name in figures.ratios else []
    return query.order_by(None).order_by(*last, columns[name].desc() if sort != name else columns[name], *keys)
