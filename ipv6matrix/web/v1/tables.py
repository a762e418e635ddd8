"""
Downloads of whole tables, as CSV and Parquet: streamed, a page of rows at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import Table
from starlette.responses import StreamingResponse

from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, DOMAINS, HOST_DATA, REACHABILITY
from ipv6matrix.web.caching import CACHE_CONTROL, not_modified
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.edition import edition
from ipv6matrix.web.formats import csv_lines
from ipv6matrix.web.v1.models import Tables
from ipv6matrix.web.v1.pages import pages
from ipv6matrix.web.v1.paging import answer
from ipv6matrix.web.v1.parameters import Strict
from ipv6matrix.web.v1.totals import date_of

router: Final = APIRouter(prefix="/tables", tags=["Tables"])

TABLES: Final = {
    "domains": DOMAINS,
    "penetration": DOMAIN_PENETRATION,
    "hosts": HOST_DATA,
    "reachability": REACHABILITY,
}
CSV: Final = "text/csv; charset=utf-8"
PARQUET: Final = "application/vnd.apache.parquet"

Name = Literal["domains", "penetration", "hosts", "reachability"]


class DownloadQuestion(Strict):
    date: Annotated[dt.date | None, Field(description="Of one crawl; all of them if none is given.")] = None


@router.get("", response_model=Tables)
def tables(request: Request) -> Response:
    """List the tables; their columns have the names of 2022, and docs/outputs.md describes them."""
    return answer(request, lambda *_: {"items": [_links(name, table) for name, table in TABLES.items()]})


@router.get("/{table}.csv", response_class=StreamingResponse, responses={200: {"content": {CSV: {}}}})
def as_csv(request: Request, table: Name, question: Annotated[DownloadQuestion, Query()]) -> Response:
    """Download a table as CSV, with a line of names first."""
    return _download(request, table, question, "csv", CSV)


@router.get("/{table}.parquet", response_class=StreamingResponse, responses={200: {"content": {PARQUET: {}}}})
def as_parquet(request: Request, table: Name, question: Annotated[DownloadQuestion, Query()]) -> Response:
    """Download a table as Parquet."""
    return _download(request, table, question, "parquet", PARQUET)


def _download(request: Request, name: Name, question: DownloadQuestion, suffix: str, media: str) -> Response:
    summaries: Summaries = request.app.state.summaries
    with summaries.connect() as connection:
        now = edition(connection)
    dates = (date_of(now, question.date),) if question.date else now.dates
    etag = now.etag(request.url.path, request.url.query)
    file = "-".join(["ipv6matrix", name, *([str(question.date)] if question.date else [])])
    headers = {
        "ETag": etag,
        "Cache-Control": CACHE_CONTROL,
        "Content-Disposition": f'attachment; filename="{file}.{suffix}"',
    }
    if answered := not_modified(request, headers):
        return answered
    found = pages(summaries, TABLES[name], () if request.scope.get("ipv6matrix.head") else dates)
    write = _csv if suffix == "csv" else _parquet
    return StreamingResponse(write(TABLES[name], found), headers=headers, media_type=media)


def _parquet(table: Table, found: Iterator[list[tuple[Any, ...]]]) -> Iterator[bytes]:
    # Arrow takes memory and starts threads as soon as it is loaded: for those who ask for it.
    from ipv6matrix.web.v1 import parquet  # noqa: PLC0415

    return parquet.write(table, found)


def _csv(table: Table, found: Iterator[list[tuple[Any, ...]]]) -> Iterator[str]:
    yield csv_lines([table.columns.keys()])
    for rows in found:
        yield csv_lines(rows)


def _links(name: str, table: Table) -> dict[str, Any]:
    place = f"/api/v1/tables/{name}"
    return {"table": name, "columns": table.columns.keys(), "csv": f"{place}.csv", "parquet": f"{place}.parquet"}
