"""
/healthz: what a monitor asks about the read model, and about the database that it is built from.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from fastapi import FastAPI, Request, Response

from ipv6matrix.web.formats import json_text
from ipv6matrix.web.read_model.refresh import ReadModels, Status

PATH: Final = "/healthz"


def install(app: FastAPI) -> None:
    """Add the route to an app."""
    app.add_route(PATH, health, methods=["GET", "HEAD"], include_in_schema=False)


async def health(request: Request) -> Response:
    """Answer 200 as long as there are data to show, however old; 503 if there are none."""
    models: ReadModels = request.app.state.models
    database = _database(models.status)
    model = _model(models)
    is_stale = models.status.reachable is False
    status = "down" if model is None else "degraded" if is_stale else "ok"
    text = json_text({"status": status, "read_model": model, "database": database})
    return Response(text, 200 if model else 503, {"Cache-Control": "no-store"}, "application/json")


def _model(models: ReadModels) -> dict[str, Any] | None:
    if not models.has_model:
        return None
    version = models.current.version
    age = dt.datetime.now(dt.UTC) - version.built_at
    return {
        "crawls": len(version.dates),
        "last_crawl": version.dates[-1] if version.dates else None,
        "built_at": _time(version.built_at),
        "age_s": round(age.total_seconds()),
    }


def _database(status: Status) -> dict[str, Any]:
    # What exactly is wrong is in the log: it may name hosts and users.
    return {"reachable": status.reachable, "checked_at": _time(status.checked_at), "since": _time(status.since)}


def _time(moment: dt.datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
