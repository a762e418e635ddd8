"""
Downloads of whole tables as CSV and Parquet: streamed, a batch of rows at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy import Column, Table, select
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ipv6matrix.summaries.tables import (
    DOMAIN_PENETRATION,
    DOMAINS,
    HOST_DATA,
    REACHABILITY,
    READINESS,
    READINESS_BASIS,
    READINESS_COUNTS,
)
from ipv6matrix.web.admission import Lane
from ipv6matrix.web.answers import CACHE_CONTROL, not_modified
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.v1 import streams
from ipv6matrix.web.v1.models import Tables
from ipv6matrix.web.v1.paging import answer
from ipv6matrix.web.v1.parameters import Strict
from ipv6matrix.web.v1.totals import date_of

router: Final = APIRouter(prefix="/tables", tags=["Tables"])

TABLES: Final = {
    "domains": DOMAINS,
    "penetration": DOMAIN_PENETRATION,
    "hosts": HOST_DATA,
    "reachability": REACHABILITY,
    "readiness": READINESS,
    "readiness-counts": READINESS_COUNTS,
    "readiness-basis": READINESS_BASIS,
}
CSV: Final = "text/csv; charset=utf-8"
PARQUET: Final = "application/vnd.apache.parquet"

Name = Literal["domains", "penetration", "hosts", "reachability", "readiness", "readiness-counts", "readiness-basis"]


class DownloadQuestion(Strict):
    date: Annotated[dt.date | None, Field(description="Of one crawl; all of them if none is given.")] = None


@router.get("", response_model=Tables)
def tables(request: Request) -> Response:
    """List the tables; docs/outputs.md describes their columns, four of them as they were in 2022."""
    return answer(request, lambda _: {"items": [_links(name, table) for name, table in TABLES.items()]})


@router.get("/{table}.csv", response_class=StreamingResponse, responses={200: {"content": {CSV: {}}}})
def as_csv(request: Request, table: Name, question: Annotated[DownloadQuestion, Query()]) -> Response:
    """Download a table as CSV, with a line of names first."""
    return _download(request, table, question, "csv", CSV)


@router.get("/{table}.parquet", response_class=StreamingResponse, responses={200: {"content": {PARQUET: {}}}})
def as_parquet(request: Request, table: Name, question: Annotated[DownloadQuestion, Query()]) -> Response:
    """Download a table as Parquet."""
    return _download(request, table, question, "parquet", PARQUET)


def _download(request: Request, name: Name, question: DownloadQuestion, suffix: str, media: str) -> Response:
    model: ReadModel = request.app.state.models.current
    date = _date(model, TABLES[name], question.date) if question.date else None
    file = "-".join(["ipv6matrix", name, *([str(date)] if date else [])])
    headers = {
        "ETag": model.version.etag(request.url.path, request.url.query),
        "Cache-Control": CACHE_CONTROL,
        "Content-Disposition": f'attachment; filename="{file}.{suffix}"',
    }
    if answered := not_modified(request, headers):
        return answered
    if request.scope.get("ipv6matrix.head"):
        return Response(headers=headers, media_type=media)
    if request.scope.get("http_version") == "1.0":
        # For it an answer ends with the connection: without a length, an interrupted download looks complete.
        with request.app.state.lanes.heavy.admit():
            headers["Content-Length"] = str(sum(map(len, _parts(model, TABLES[name], date, suffix))))
    lane: Lane = request.app.state.lanes.downloads
    lane.take()
    return _Download(_parts(model, TABLES[name], date, suffix), lane, headers=headers, media_type=media)


def _date(model: ReadModel, table: Table, date: dt.date) -> dt.date:
    """Return the date of a crawl. Lists of one's own have crawls of their own. Raises NotFoundError."""
    return date if "tag" in table.columns and date in model.versions else date_of(model.version, date)


def _parts(model: ReadModel, table: Table, date: dt.date | None, suffix: str) -> Iterator[bytes]:
    columns = _columns(table)
    # The rows of a date lie in the order of the key: to sort all dates at once would take memory for all of them.
    dates = [date] if date else sorted(model.versions)
    batches = (batch for day in dates for batch in model.batches(select(*columns).where(table.c.date == day)))
    return streams.csv(columns, batches) if suffix == "csv" else streams.parquet(columns, batches)


def _columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a download: programs read them by position, so none is added."""
    return [column for column in table.columns if not column.nullable]


class _Download(StreamingResponse):
    """Streams parts and releases its place in a lane at the end, even if the client disconnects."""

    def __init__(self, parts: Iterator[bytes], lane: Lane, **more: Any) -> None:
        super().__init__(parts, **more)
        self._lane = lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._lane.release()


def _links(name: str, table: Table) -> dict[str, Any]:
    place = f"/api/v1/tables/{name}"
    columns = [column.name for column in _columns(table)]
    return {"table": name, "columns": columns, "csv": f"{place}.csv", "parquet": f"{place}.parquet"}
