"""
Figures by date and group: hosts, reachability, penetration.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from ipv6matrix.web.figures import Figures, number, sums
from ipv6matrix.web.v1.models import HostFigures, Page, PenetrationFigures, ReachFigures
from ipv6matrix.web.v1.paging import answer, page
from ipv6matrix.web.v1.parameters import HostQuestion, PenetrationQuestion, ReachQuestion
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE

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
    return answer(request, lambda connection, _: _page(request, connection, figures, question))


def _page(request: Request, connection: Connection, figures: Figures, question: Question) -> dict[str, Any]:
    query = sums(figures, group=question.group, where=question.conditions(figures), least=question.least)
    columns = {column.name: column for column in query.selected_columns}
    name = question.sort.removeprefix("-")
    if name in columns:
        query = query.order_by(None).order_by(
            # What is not known is neither small nor large: it comes last.
            columns[name].is_(None),
            columns[name].desc() if question.sort.startswith("-") else columns[name].asc(),
            *(columns[key] for key in ("date", question.group) if key),
        )
    rows = connection.execute(query.limit(question.limit + 1).offset(question.offset)).mappings()
    found = [{key: number(value, 6 if key in figures.ratios else 3) for key, value in row.items()} for row in rows]
    return page(request, found, question.limit, offset=lambda _: question.offset + question.limit)
