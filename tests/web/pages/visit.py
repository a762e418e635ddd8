"""A visit to the site: a new page, its requests and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request


@dataclass
class Visit:
    """What a browser loaded of the site at an address."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    "Errors in the console, scripts that failed, requests to others or without an answer."
    requests: list[Request] = field(default_factory=list)

    def asked(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((f"{self.url}/", "blob:", "data:")):
            self.faults.append(f"asked {request.url}")

    def said(self, message: ConsoleMessage) -> None:
        # A page that says what is wrong is an error to the console, too.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.faults.append(message.text)

    def unanswered(self, request: Request) -> None:
        # Whoever goes on before a picture or a suggestion is there gives it up.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.url}: {request.failure}")


@contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Visit]:
    """Open an empty page in a new context, without data of earlier visits."""
    with browser.new_context(base_url=url, **options) as context:
        context.set_default_timeout(20_000)
        visited = Visit(context.new_page(), url)
        context.on("console", visited.said)
        context.on("weberror", lambda error: visited.faults.append(str(error.error)))
        context.on("request", visited.asked)
        context.on("requestfailed", visited.unanswered)
        yield visited
