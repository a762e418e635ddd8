"""
All routes of the current API, below /api/v1, and the document that describes them.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from ipv6matrix import __version__
from ipv6matrix.web.problems import RESPONSES
from ipv6matrix.web.v1 import changes, domain_readiness, domains, figures, readiness, tables, totals
from ipv6matrix.web.v1.models import Index
from ipv6matrix.web.v1.paging import answer

PREFIX: Final = "/api/v1"

_DESCRIPTION: Final = """\
How much of the popular web is reachable over IPv6, crawl by crawl. What could not be found out is counted separately,
as unknown; it is never counted as absent. Readiness has levels with bounds, which can be compared only between crawls
with the same version of the rules and the same basis. Errors are problem details (RFC 9457). Answers change once a
crawl: send back their ETag. The data can be read from any site.
"""

router: Final = APIRouter(prefix=PREFIX, responses=RESPONSES)


@router.get("", response_model=Index, tags=["Index"])
def index(request: Request) -> Response:
    """Return the dates of all crawls, and links to everything."""
    links = {
        name: f"{PREFIX}/{name}"
        for name in (
            *("crawls", "hosts", "reachability", "penetration", "countries", "tlds", "domains"),
            *("changes/domains", "changes/countries", "changes/tlds", "tables"),
            *("readiness", "readiness/crawls", "readiness/tags", "readiness/domains", "readiness/changes"),
            "readiness/hall-of-fame",
        )
    }
    links["openapi"] = "/openapi.json"
    return answer(request, lambda model: {"version": __version__, "crawls": model.version.dates, "links": links})


for _part in (totals, figures, domains, domain_readiness, changes, readiness, tables):
    router.include_router(_part.router)


def install(app: FastAPI) -> None:
    """Add the routes and the document to an app."""
    app.include_router(router)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes)
        for path in document["paths"].values():
            # Invalid parameters are 400 here.
            path["get"]["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        app.openapi_schema = document
    return app.openapi_schema
