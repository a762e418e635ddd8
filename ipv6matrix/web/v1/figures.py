"""
Figures by date and group: hosts, reachability, penetration.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Select

from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.sums import Figures, sums, whole
from ipv6matrix.web.v1 import models
from ipv6matrix.web.v1.paging import answer, heavy, page
from ipv6matrix.web.v1.parameters import (
    HostQuestion,
    PenetrationQuestion,
    ReachQuestion,
    ReadinessQuestion,
    ServiceQuestion,
)
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE, SERVICES

router: Final = APIRouter(tags=["Figures"])

Question = HostQuestion | ReachQuestion | PenetrationQuestion | ServiceQuestion | ReadinessQuestion


@router.get("/hosts", response_model=models.HostFiguresPage)
def hosts(request: Request, question: Annotated[HostQuestion, Query()]) -> Response:
    """Count hosts by the addresses they have, their round-trip times and their distance."""
    return _answer(request, HOSTS, question)


@router.get("/reachability", response_model=models.ReachFiguresPage)
def reachability(request: Request, question: Annotated[ReachQuestion, Query()]) -> Response:
    """Count hosts whose ports are open: HTTP and HTTPS of WWW hosts, SMTPS of mail exchangers."""
    return _answer(request, REACHABLE, question)


@router.get("/penetration", response_model=models.PenetrationFiguresPage)
def penetration(request: Request, question: Annotated[PenetrationQuestion, Query()]) -> Response:
    """Count domains with IPv6."""
    return _answer(request, PENETRATION, question)


@router.get("/services", response_model=models.ServiceFiguresPage)
def services(request: Request, question: Annotated[ServiceQuestion, Query()]) -> Response:
    """Count domains with IPv6 on web, mail, name and time servers, of those that have one and are known."""
    return _answer(request, SERVICES, question)


def _answer(request: Request, figures: Figures, question: Question) -> Response:
    return answer(request, lambda model: rows_page(request, model, figures, question), lane=heavy)


def rows_page(request: Request, model: ReadModel, figures: Figures, question: Question) -> dict[str, Any]:
    """Return a page of sums."""
    query = _sorted(sums(figures, question.slice(question.group)), question.sort, figures)
    rows = model.mappings(query.limit(question.limit + 1).offset(question.offset))
    items = [{name: whole(value) for name, value in row.items()} for row in rows]
    return page(request, items, question.limit, offset=lambda _: question.offset + question.limit)


def _sorted(query: Select[Any], sort: str, figures: Figures) -> Select[Any]:
    columns = {column.name: column for column in query.selected_columns}
    name = sort.removeprefix("-")
    if sort == "date" or name not in columns:
        return query
    keys = [column for key, column in columns.items() if key in ("date", *figures.groups)]
    # What is unknown is neither small nor large: it comes last.
    column = columns[name]
    return query.order_by(None).order_by((column if sort == name else column.desc()).nulls_last(), *keys)
