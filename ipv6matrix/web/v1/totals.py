"""
Domains and hosts side by side: each crawl, and each country and TLD of one crawl.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import DataVersion, ReadModel
from ipv6matrix.web.sums import Figures, Slice, sums
from ipv6matrix.web.v1.models import CountryTotals, Crawl, Page, TldTotals
from ipv6matrix.web.v1.paging import answer, heavy, page
from ipv6matrix.web.v1.parameters import Paged, order
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION

router: Final = APIRouter(tags=["Totals"])

_COUNTS: Final = (
    *("domains", "domains_with_ipv6", "domains_unknown", "domains_ipv6_share"),
    *("hosts", "hosts_with_ipv6", "hosts_unknown", "hosts_ipv6_share"),
)


class CrawlQuestion(Paged):
    sort: Annotated[str, Field(pattern=order("date", *_COUNTS))] = "-date"


class OfCrawl(Paged):
    date: Annotated[dt.date | None, Field(description="Of the crawl; the last one if none is given.")] = None


class CountryQuestion(OfCrawl):
    sort: Annotated[str, Field(pattern=order("country", *_COUNTS))] = "country"


class TldQuestion(OfCrawl):
    sort: Annotated[str, Field(pattern=order("tld", *_COUNTS))] = "tld"


Question = CrawlQuestion | CountryQuestion | TldQuestion


@router.get("/crawls", response_model=Page[Crawl])
def crawls(request: Request, question: Annotated[CrawlQuestion, Query()]) -> Response:
    """List the crawls with their totals."""
    return answer(request, lambda model: _page(request, _totals(model), question), lane=heavy)


@router.get("/countries", response_model=Page[CountryTotals])
def countries(request: Request, question: Annotated[CountryQuestion, Query()]) -> Response:
    """List the countries of a crawl with their totals."""
    return _of_crawl(request, question, "country")


@router.get("/tlds", response_model=Page[TldTotals])
def tlds(request: Request, question: Annotated[TldQuestion, Query()]) -> Response:
    """List the TLDs of a crawl with their totals."""
    return _of_crawl(request, question, "tld")


def date_of(now: DataVersion, date: dt.date | None) -> dt.date:
    """Return the date of a crawl: the requested one, or the last. Raises NotFoundError."""
    if not now.dates:
        raise NotFoundError("There is no crawl yet")
    if date and date not in now.dates:
        raise NotFoundError(f"There is no crawl of {date}: /api/v1/crawls lists those that are")
    return date or now.dates[-1]


def _of_crawl(request: Request, question: CountryQuestion | TldQuestion, group: str) -> Response:
    return answer(
        request,
        lambda model: _page(request, _totals(model, group, date_of(model.version, question.date)), question),
        lane=heavy,
    )


def _totals(model: ReadModel, group: str | None = None, date: dt.date | None = None) -> list[dict[str, Any]]:
    """Merge sums of domains and of hosts; a place with hosts need not have a domain."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for word, figures in (("domains", PENETRATION), ("hosts", HOSTS)):
        for key, *counts in _sums(model, figures, Slice(group=group, since=date, until=date)):
            merged.setdefault(key, {})[word] = counts
    return [
        {"date": key[0], **({group: key[1]} if group else {}), **_counts("domains", of), **_counts("hosts", of)}
        for key, of in sorted(merged.items())
    ]


def _sums(model: ReadModel, figures: Figures, selection: Slice) -> Iterable[Any]:
    names = tuple(figures.fields)[:3]
    only = Figures(table=figures.table, groups=(), fields={name: figures.fields[name] for name in names})
    for date, first, second, third, *word in model.rows(sums(only, selection)):
        yield (date, *word), first, second, third


def _counts(word: str, of: dict[str, Sequence[int]]) -> dict[str, Any]:
    total, unknown, six = of.get(word, (0, 0, 0))
    return {
        word: total,
        f"{word}_with_ipv6": six,
        f"{word}_unknown": unknown,
        f"{word}_ipv6_share": share(six, total - unknown),
    }


def share(part: int, whole: int) -> float | None:
    """Return a share; None if nothing is known."""
    return round(part / whole, 6) if whole else None


def _page(request: Request, rows: list[dict[str, Any]], question: Question) -> dict[str, Any]:
    name = question.sort.removeprefix("-")
    # An unknown share is neither small nor large: it comes last.
    with_share = sorted((row for row in rows if row[name] is not None), key=lambda row: row[name])
    if question.sort.startswith("-"):
        with_share.reverse()
    ordered = [*with_share, *(row for row in rows if row[name] is None)]
    part = ordered[question.offset : question.offset + question.limit + 1]
    return page(request, part, question.limit, offset=lambda _: question.offset + question.limit)
