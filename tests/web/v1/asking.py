"""Requests to /api/v1 that follow its links."""

from __future__ import annotations

from typing import Any

import httpx

PREFIX = "/api/v1"


async def ask(web: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """Return a successful answer."""
    answer = await web.get(f"{PREFIX}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def everything(web: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    page = await ask(web, path)
    items = page["items"]
    while page["next"]:
        page = await ask(web, page["next"].removeprefix(PREFIX))
        items += page["items"]
    return items
