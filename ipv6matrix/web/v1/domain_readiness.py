"""
The readiness of one domain, with reasons, advice and history, and its badge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from ipv6matrix.readiness.documents import judgement
from ipv6matrix.readiness.stored import unpack
from ipv6matrix.web import readiness
from ipv6matrix.web.answers import answered
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.v1 import badge
from ipv6matrix.web.v1.domains import Name, clean
from ipv6matrix.web.v1.paging import answer, quick
from ipv6matrix.web.v1.parameters import OfList
from ipv6matrix.web.v1.readiness import levels
from ipv6matrix.web.v1.readiness_models import DomainReadiness

router: Final = APIRouter(prefix="/domains/{name}/readiness", tags=["Readiness"])


@router.get("", response_model=DomainReadiness)
def of_domain(request: Request, name: Name, question: Annotated[OfList, Query()]) -> Response:
    """Return the level of a domain, verdicts with reasons and advice, and its history."""
    name = clean(name)
    return answer(request, lambda model: detail(model, name, question.tag))


@router.get(
    "/badge.svg",
    response_class=Response,
    responses={200: {"content": {badge.MEDIA: {"schema": {"type": "string"}}}}},
)
def badge_of_domain(request: Request, name: Name, question: Annotated[OfList, Query()]) -> Response:
    """Draw the level of a domain with the date of the crawl."""
    name = clean(name)
    return answered(request, badge.MEDIA, lambda model: badge.level(detail(model, name, question.tag)), lane=quick)


def detail(model: ReadModel, name: str, tag: str | None = None) -> dict[str, Any]:
    """Return what is known about the readiness of a domain. Raises NotFoundError."""
    if (record := find(model, name, tag)) is None:
        raise NotFoundError(f"No crawl of this list has tested the readiness of {name}")
    return record


def find(model: ReadModel, name: str, tag: str | None = None) -> dict[str, Any] | None:
    """Return what is known about the readiness of a domain; None if no crawl of the list has tested it."""
    crawl_rows = readiness.history(model, name, tag)
    if not crawl_rows:
        return None
    crawl, row = crawl_rows[-1]
    judged = judgement(unpack(row, crawl.version, frozenset(crawl.basis)))
    history = [_of_crawl(other, other_row, is_comparable=other.is_comparable(crawl)) for other, other_row in crawl_rows]
    return {"domain": name, "date": crawl.date, "tag": crawl.tag, **judged, "history": history}


def _of_crawl(crawl: readiness.Crawl, row: Mapping[str, Any], *, is_comparable: bool) -> dict[str, Any]:
    fields = {"date": crawl.date, "version": crawl.version, "basis": list(crawl.basis), "comparable": is_comparable}
    return {**fields, **levels(row)}
