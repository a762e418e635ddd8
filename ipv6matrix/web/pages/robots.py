"""
For search engines: robots.txt says what they need not ask for (RFC 9309), sitemap.xml which pages there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection
from starlette.responses import PlainTextResponse

from ipv6matrix.summaries.prepared.texts import xml_word
from ipv6matrix.web.caching import CACHE_CONTROL, answered
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Slice
from ipv6matrix.web.pages import series
from ipv6matrix.web.pages.addresses import is_tld
from ipv6matrix.web.pages.places import is_country
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.problems import NotFoundError

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
    """Give an app both files."""
    for name, respond in (("robots.txt", robots), ("sitemap.xml", sitemap)):
        app.add_route(f"/{name}", respond, methods=["GET", "HEAD"], include_in_schema=False)


def robots(request: Request) -> Response:
    """Say what need not be asked for."""
    public = request.app.state.public_url
    text = f"{_TEXT}Sitemap: {public}/sitemap.xml\n" if public else _TEXT
    return PlainTextResponse(text, headers={"Cache-Control": CACHE_CONTROL})


def sitemap(request: Request) -> Response:
    """List the views, and pages of countries and TLDs; addresses in it must be whole, so WEB_URL is needed."""
    public = request.app.state.public_url
    if not public:
        raise NotFoundError("There is no sitemap: this website was not told its own address (WEB_URL)")

    def write(connection: Connection, now: Edition) -> str:
        day = f"<lastmod>{now.dates[-1]}</lastmod>" if now.dates else ""
        pages = (xml_word(public + path) for path in islice(_paths(connection, now), _MOST))
        return _HEAD + "".join(f"<url><loc>{page}</loc>{day}</url>\n" for page in pages) + "</urlset>\n"

    return answered(request, _XML, write, beside=public)


def _paths(connection: Connection, now: Edition) -> Iterator[str]:
    yield from ("/", *(f"/{name}" for name in VIEWS), "/changes", "/methodology", "/about")
    for date in now.dates[-1:]:
        for group, is_page in (("country", is_country), ("tld", is_tld)):
            found = series.rows(connection, now, VIEWS["hosts"], Slice(group=group, since=date, until=date))
            yield from (f"/{group}-{row[group]}" for row in found if is_page(row[group]))
