"""
For search engines: robots.txt (RFC 9309) and sitemap.xml.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.responses import PlainTextResponse

from ipv6matrix.web import readiness
from ipv6matrix.web.answers import CACHE_CONTROL, answered
from ipv6matrix.web.formats import xml_word
from ipv6matrix.web.pages import series
from ipv6matrix.web.pages.addresses import is_tld
from ipv6matrix.web.pages.places import is_country
from ipv6matrix.web.pages.rendering import in_lane
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.sums import Slice

# Data of programs, and the same tables in many orders.
_TEXT: Final = """\
User-agent: *
Disallow: /api/v1/
Disallow: /csv/
Disallow: /data/
Disallow: /html/
Disallow: /json/
Disallow: /xml/
Disallow: /*/table.
Disallow: /*sort=
"""


# https://www.sitemaps.org/protocol.html; its limit is 50,000 addresses.
_MOST: Final = 50_000
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
_XML: Final = "application/xml"


def install(app: FastAPI) -> None:
    """Add both files to an app."""
    for name, respond in (("robots.txt", robots), ("sitemap.xml", sitemap)):
        app.add_route(f"/{name}", respond, methods=["GET", "HEAD"], include_in_schema=False)


def robots(request: Request) -> Response:
    """Return robots.txt."""
    public = request.app.state.public_url
    text = f"{_TEXT}Sitemap: {public}/sitemap.xml\n" if public else _TEXT
    return PlainTextResponse(text, headers={"Cache-Control": CACHE_CONTROL})


def sitemap(request: Request) -> Response:
    """List the views, and pages of countries and TLDs; addresses in it must be whole, so WEB_URL is needed."""
    public = request.app.state.public_url
    if not public:
        raise NotFoundError("There is no sitemap: WEB_URL is not set")

    def write(model: ReadModel) -> str:
        day = f"<lastmod>{model.version.dates[-1]}</lastmod>" if model.version.dates else ""
        pages = (xml_word(public + path) for path in islice(_paths(model), _MOST))
        return _HEAD + "".join(f"<url><loc>{page}</loc>{day}</url>\n" for page in pages) + "</urlset>\n"

    return answered(request, _XML, write, lane=in_lane, depends_on=public)


def _paths(model: ReadModel) -> Iterator[str]:
    yield from ("/", *(f"/{name}" for name in VIEWS), "/changes", "/methodology", "/about")
    for crawl in readiness.latest(model):
        root = f"/readiness/tag-{crawl.tag}" if crawl.tag else "/readiness"
        yield from (f"{root}{part}" for part in ("", "/domains", "/changes", "/hall-of-fame"))
    for date in model.version.dates[-1:]:
        for group, is_page in (("country", is_country), ("tld", is_tld)):
            rows = series.rows(model, VIEWS["hosts"], Slice(group=group, since=date, until=date))
            yield from (f"/{group}-{row[group]}" for row in rows if is_page(row[group]))
