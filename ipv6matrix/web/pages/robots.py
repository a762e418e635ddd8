"""
robots.txt: what search engines need not ask for (RFC 9309).
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from ipv6matrix.web.caching import CACHE_CONTROL

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


def install(app: FastAPI) -> None:
    """Give an app the file."""
    answer = PlainTextResponse(_TEXT, headers={"Cache-Control": CACHE_CONTROL})
    app.add_route("/robots.txt", lambda _: answer, methods=["GET", "HEAD"], include_in_schema=False)
