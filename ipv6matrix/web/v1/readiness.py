"""
Readiness of lists: domains by level, the crawls and lists there are, domains of a crawl, changes and the hall of fame.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import Select

from ipv6matrix.readiness.catalogue import Service
from ipv6matrix.readiness.levels import Level
from ipv6matrix.summaries.tables import MAIN
from ipv6matrix.web import readiness
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.readiness import Crawl
from ipv6matrix.web.v1.figures import rows_page
from ipv6matrix.web.v1.models import Page
from ipv6matrix.web.v1.paging import answer, heavy, page
from ipv6matrix.web.v1.parameters import MOST, OfList, ReadinessQuestion
from ipv6matrix.web.v1.readiness_models import (
    Compared,
    DomainsOfCrawl,
    LevelChange,
    ReadinessCrawl,
    ReadinessFiguresPage,
    ReadinessSummary,
)
from ipv6matrix.web.v1.resources import LEVEL_NAMES, READINESS

router: Final = APIRouter(prefix="/readiness", tags=["Readiness"])

LEVELS: Final = {name: int(level) for level, name in LEVEL_NAMES.items()}
"By name in parameters, as stored."
_Level = Annotated[
    Literal["0", "1", "2", "3", "4", "5", "5plus"] | None, Field(description="Only domains with exactly this level.")
]


class CrawlsQuestion(OfList):
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class NamesQuestion(OfList):
    """Domains of a list, by name."""

    country: Annotated[str | None, Field(pattern=r"^[A-Za-z]{2}$")] = None
    after: Annotated[str | None, Field(max_length=253, description="The name before the first one.")] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100


class DomainsQuestion(NamesQuestion):
    date: Annotated[dt.date | None, Field(description="Of the crawl; the last one if none is given.")] = None
    certain: _Level = None
    possible: _Level = None


class FameQuestion(NamesQuestion):
    to: Annotated[dt.date | None, Field(description="Of the later crawl; the last one if none is given.")] = None


class ChangesQuestion(FameQuestion):
    from_: Annotated[
        dt.date | None,
        Field(alias="from", description="Of the earlier crawl; the last comparable one before `to` if none is given."),
    ] = None
    change: Annotated[Literal["gained", "lost"] | None, Field(description="One kind only.")] = None


@router.get("", response_model=ReadinessFiguresPage)
def counts(request: Request, question: Annotated[ReadinessQuestion, Query()]) -> Response:
    """Count domains by level. Rows can be compared only if their `version` and `basis` are the same."""
    return answer(request, lambda model: _counts(request, model, question), lane=heavy)


@router.get("/crawls", response_model=Page[ReadinessCrawl])
def crawls(request: Request, question: Annotated[CrawlsQuestion, Query()]) -> Response:
    """List the crawls that tested readiness, the last first, with what their levels depend on."""
    return answer(request, lambda model: _crawls(request, readiness.crawls(model, _tag(question))[::-1], question))


@router.get("/tags", response_model=Page[ReadinessCrawl])
def tags(request: Request, question: Annotated[CrawlsQuestion, Query()]) -> Response:
    """List the lists: the last crawl of each, that of the main list (with an empty tag) first."""

    def make(model: ReadModel) -> Mapping[str, Any]:
        last_crawls = [crawl for crawl in readiness.latest(model) if question.tag in (None, crawl.tag)]
        return _crawls(request, last_crawls, question)

    return answer(request, make)


@router.get("/domains", response_model=DomainsOfCrawl)
def domains(request: Request, question: Annotated[DomainsQuestion, Query()]) -> Response:
    """List the domains of a crawl by name, with level and verdicts."""
    return answer(request, lambda model: _domains(request, model, question), lane=heavy)


@router.get("/changes", response_model=Compared[LevelChange])
def changes(request: Request, question: Annotated[ChangesQuestion, Query()]) -> Response:
    """List domains whose level rose or fell between two comparable crawls: both bounds moved."""

    def make(model: ReadModel) -> Mapping[str, Any]:
        list_crawls = readiness.crawls(model, _tag(question))
        pair = readiness.pair(list_crawls, question.from_, question.to)
        rows = _rows(model, readiness.moved(*pair, question.change), question)
        return _compared(pair, _names_page(request, [change(row) for row in rows], question))

    return answer(request, make, lane=heavy)


@router.get("/hall-of-fame", response_model=Compared[ReadinessSummary])
def hall_of_fame(request: Request, question: Annotated[FameQuestion, Query()]) -> Response:
    """List domains that certainly have level 5 in two comparable crawls in a row."""

    def make(model: ReadModel) -> Mapping[str, Any]:
        pair = readiness.pair(readiness.crawls(model, _tag(question)), None, question.to)
        rows = _rows(model, readiness.famous(*pair), question)
        return _compared(pair, _names_page(request, [summary(row) for row in rows], question))

    return answer(request, make, lane=heavy)


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of Readiness without its reasons."""
    names = ("date", "domain", "country", "tld", "bracket")
    return {
        **{name: row[name] for name in names},
        **levels(row),
        **{service.value: row[service.value] for service in Service},
    }


def levels(row: Mapping[str, Any], suffix: str = "") -> dict[str, str]:
    """Return both levels of a row as they are written."""
    return {name: Level(row[f"{name}{suffix}"]).label for name in ("certain", "possible")}


def change(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change of a level."""
    return {
        "domain": row["domain"],
        "country": row["country"],
        "change": row["change"],
        "before": levels(row, "_before"),
        "after": levels(row),
    }


def crawl_of(crawl: Crawl) -> dict[str, Any]:
    """Return a crawl with what its levels depend on."""
    return {**_dependencies(crawl), "domains": crawl.domains}


def _dependencies(crawl: Crawl) -> dict[str, Any]:
    return {"date": crawl.date, "tag": crawl.tag, "version": crawl.version, "basis": list(crawl.basis)}


def _tag(question: Any) -> str:
    return question.tag or MAIN


def _counts(request: Request, model: ReadModel, question: ReadinessQuestion) -> dict[str, Any]:
    figures = rows_page(request, model, READINESS, question)
    by_date = {crawl.date: crawl for crawl in readiness.crawls(model, _tag(question))}
    return {**figures, "items": [{**_dependencies(by_date[row["date"]]), **row} for row in figures["items"]]}


def _crawls(request: Request, list_crawls: list[Crawl], question: CrawlsQuestion) -> dict[str, Any]:
    part = [crawl_of(crawl) for crawl in list_crawls[question.offset : question.offset + question.limit + 1]]
    return page(request, part, question.limit, offset=lambda _: question.offset + question.limit)


def _domains(request: Request, model: ReadModel, question: DomainsQuestion) -> dict[str, Any]:
    crawl = readiness.choose(readiness.crawls(model, _tag(question)), question.date)
    query = readiness.domains(crawl)
    for name, word in (("certain", question.certain), ("possible", question.possible)):
        if word:
            query = query.where(query.selected_columns[name] == LEVELS[word])
    rows = [summary(row) for row in _rows(model, query, question)]
    return {"crawl": crawl_of(crawl), **_names_page(request, rows, question)}


def _rows(model: ReadModel, query: Select[Any], question: NamesQuestion) -> list[dict[str, Any]]:
    """Return one row more than requested, if there are more."""
    narrowed = readiness.of_place(query, country=question.country, after=question.after)
    return model.mappings(narrowed.limit(question.limit + 1))


def _names_page(request: Request, items: list[dict[str, Any]], question: NamesQuestion) -> dict[str, Any]:
    return page(request, items, question.limit, after=lambda last: last["domain"])


def _compared(pair: tuple[Crawl, Crawl], names_page: Mapping[str, Any]) -> dict[str, Any]:
    earlier, later = pair
    dependencies = {name: value for name, value in _dependencies(later).items() if name != "date"}
    return {"from": earlier.date, "to": later.date, **dependencies, **names_page}
