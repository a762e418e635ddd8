"""A web server on loopback that serves test data and fails as servers do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6

import pytest

MODIFIED = "Sun, 01 Nov 2026 05:00:00 GMT"


@dataclass
class Page:
    """
    The content of one path.

    `steps` has the behaviour for the first requests, one word each; later ones
    are answered normally. A word is a status, `cut` (half of the body, then
    the connection ends), `silent` (half of the body, then nothing), `whole`
    (Range is ignored) or `to PATH` (a redirect).
    """

    body: bytes
    etag: str | None = '"1"'
    modified: str | None = MODIFIED
    steps: list[str] = field(default_factory=list)


class Site:
    """The pages by path, and the received requests, as (path, fields)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, Page] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

    def put(self, path: str, body: bytes | str, **page) -> str:
        """Add a page and return its URL."""
        self.pages[path] = Page(body.encode() if isinstance(body, str) else body, **page)
        return self.url + path

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def fields(self, name: str) -> list[str | None]:
        return [fields.get(name) for _, fields in self.requests]


@contextmanager
def running(host: str = "127.0.0.1") -> Iterator[Site]:
    server = _Server6((host, 0), _Handler) if ":" in host else ThreadingHTTPServer((host, 0), _Handler)
    shown = f"[{host}]" if ":" in host else host
    site = server.site = Site(f"http://{shown}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(name="site")
def served() -> Iterator[Site]:
    """A web server of its own for a test."""
    with running() as site:
        yield site


class _Server6(ThreadingHTTPServer):
    address_family = AF_INET6


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site = self.server.site
        site.requests.append((self.path, dict(self.headers.items())))
        page = site.pages.get(self.path)
        step = page.steps.pop(0) if page and page.steps else "fine"
        if page is None:
            self.answer(404, b"not here")
        elif step.isdecimal():
            self.answer(int(step), b"<html>sorry</html>")
        elif step.startswith("to "):
            self.answer(302, b"", Location=step.removeprefix("to "))
        elif self.headers.get("If-None-Match") == page.etag is not None:
            self.answer(304, b"")
        else:
            self.serve(page, step)

    def serve(self, page: Page, step: str) -> None:
        fields = {"ETag": page.etag, "Last-Modified": page.modified}
        wanted = self.headers.get("Range")
        # The field If-Range: the range only for the same version, else everything.
        is_same = self.headers.get("If-Range") in (None, page.etag, page.modified)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and is_same and step != "whole" else 0
        if start and start >= len(page.body):
            self.answer(416, b"", **{"Content-Range": f"bytes */{len(page.body)}"})
            return
        if start:
            fields["Content-Range"] = f"bytes {start}-{len(page.body) - 1}/{len(page.body)}"
        self.answer(206 if start else 200, page.body[start:], step, **fields)

    def answer(self, status: int, body: bytes, step: str = "fine", **fields: str | None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if step in ("fine", "whole") else body[: len(body) // 2])
        if step == "silent":
            self.wfile.flush()
            self.server.site.closing.wait()

    def log_message(self, *arguments: object) -> None:
        pass
