"""What the web servers of the simulated Internet answer to a request: the bytes of a response."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Final

from simnet.behaviours import Web
from simnet.sites import ALLOWED, LOADED, UNKNOWN
from simnet.topology import Family

PAGE: Final = """<!doctype html>
<html><head><title>{title}</title>{head}</head>
<body><p>{text}</p><p>Served on {date}, request {token}.</p></body></html>
"""
TEXT: Final = (
    "A quiet harbour town keeps its lamps burning until the last boat has come home, and its bakers rise before the"
    " gulls do. Visitors are welcome on weekdays; dogs must stay with their owners at all times."
)
OTHER_TEXT: Final = (
    "This machine has just been installed. Replace the default contents of the folder, then reload the configuration"
    " and consult the manual for further steps."
)
# What pages load from other hosts.
LOADS: Final = {
    Web.THIRD_PARTIES: (
        f'<script src="https://{LOADED[0]}/a.js"></script><link rel="stylesheet" href="//{LOADED[2]}/a.css">'
        f'<img src="http://{LOADED[1]}/a.png"><a href="https://only-linked.example/">more</a>'
    ),
    Web.UNKNOWN_PARTY: f'<script src="https://{UNKNOWN}/a.js"></script>',
}
ERRORS6: Final = {Web.FORBIDDEN6: "403 Forbidden", Web.NOT_FOUND6: "404 Not Found"}
SERVER: Final = "simnet/1.0"


def response(web: Web, family: Family, host: str) -> bytes:
    """Return a whole response; `host` is the field Host of the request."""
    if family == 6 and web in ERRORS6:
        return _message(ERRORS6[web], _page(ERRORS6[web], "This is no page for you."))
    if family == 6 and web in (Web.OTHER_PAGE6, Web.DEFAULT_HOST6):
        return _message("200 OK", _page("Welcome", OTHER_TEXT))
    if web is Web.REDIRECT6:
        path = "start" if family == 4 else "start6"
        return _message("301 Moved Permanently", b"", f"Location: https://{host}/{path}\r\n")
    if web is Web.BAD_RESPONSE:
        return b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
    policy = f"Content-Security-Policy: default-src 'self'; img-src {ALLOWED} *.example\r\n"
    fields = policy if web is Web.THIRD_PARTIES else ""
    return _message("200 OK", _page(host, TEXT, LOADS.get(web, "")), fields, missing=1000 * (web is Web.CUT_BODY))


def head() -> bytes:
    """Return the beginning of a response whose body follows in chunks."""
    return (
        f"HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()


def chunk(text: str) -> bytes:
    """Return one chunk of a body (RFC 9112 section 7.1)."""
    return f"{len(text):x}\r\n{text}\r\n".encode()


def _page(title: str, text: str, head: str = "") -> bytes:
    date = datetime.now(UTC).isoformat()
    return PAGE.format(title=title, text=text, head=head, date=date, token=secrets.token_hex(16)).encode()


def _message(status: str, body: bytes, fields: str = "", missing: int = 0) -> bytes:
    """Return a response; `missing` octets of its body are announced and not sent."""
    lines = (
        f"HTTP/1.1 {status}\r\nServer: {SERVER}\r\nContent-Type: text/html; charset=utf-8\r\n{fields}"
        f"Content-Length: {len(body) + missing}\r\nConnection: close\r\n\r\n"
    )
    return lines.encode() + body
