"""
Errors in the shape of 2022: the fields `error` and `help`, in the requested format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from ipv6matrix.web.legacy.forms import FORMATS, for_errors

HELP: Final = "Check /api for help using the API"


def format_of(path: str) -> str | None:
    """Return the format that a path of this API begins with; None for a path of something else."""
    word = path.split("/")[1].lower() if path.startswith("/") else ""
    return word if word in FORMATS else None


def refusal(scope: Scope, status: int, error: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error; for paths that begin with a format."""
    chosen = for_errors(format_of(scope["path"]) or "json", Headers(scope=scope).get("accept"))
    rows = [{"error": error, "help": HELP}]
    fixed = {"Cache-Control": "no-store", **chosen.headers, **(headers or {})}
    return Response(chosen.write(rows, rows, error), status, fixed, chosen.media)
