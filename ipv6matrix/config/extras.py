"""
Optional dependencies: which extra of the package a feature needs, and whether its modules are installed.

A crawl needs none of them. Nothing here imports a module to find out, which
keeps the large libraries out of a crawl's memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final


@dataclass(frozen=True, slots=True)
class Need:
    """What one feature imports beyond the dependencies of a crawl."""

    extra: str
    "The extra in pyproject.toml that installs the modules."
    modules: tuple[str, ...]
    "Top-level modules."


NEEDS: Final[dict[str, Need]] = {
    "parquet": Need("report", ("pyarrow",)),
    "report": Need("report", ("babel", "jinja2", "markupsafe")),
    "summary": Need("web", ("orjson", "pyarrow", "sqlalchemy")),
    "serve": Need(
        "web",
        (
            "babel",
            "cachetools",
            "duckdb",
            "fastapi",
            "jinja2",
            "markupsafe",
            "orjson",
            "pyarrow",
            "pydantic",
            "sqlalchemy",
            "starlette",
            "uvicorn",
            "werkzeug",
        ),
    ),
    "mysql2022": Need("web", ("duckdb", "orjson", "pyarrow", "sqlalchemy")),
    "mysql": Need("mysql", ("mysql",)),
    "postgres": Need("postgres", ("psycopg", "tldextract")),
    "ranges": Need("web", ("duckdb", "pyarrow")),
}
# The scheme of SQLAlchemy's URLs for the driver of the extra `mysql`.
_MYSQL_URL: Final = re.compile(r"(mysql|mariadb)\+mysqlconnector://")


def missing(use: str, name: str) -> str | None:
    """Return an error message if a module that `use` needs is not installed, or None; `name` is its name for users."""
    need = NEEDS[use]
    absent = [module for module in need.modules if find_spec(module) is None]
    if not absent:
        return None
    return (
        f"{name} needs packages that are not installed ({', '.join(absent)}):"
        f" pip install 'ipv6matrix[{need.extra}]' [EXTRA_MISSING]"
    )


def missing_driver(url: str) -> str | None:
    """Return an error message if the database of a URL needs a driver that is not installed, or None."""
    return missing("mysql", url.partition("://")[0] + "://") if _MYSQL_URL.match(url) else None


def missing_for_export(form: str, summary_url: str) -> str | None:
    """Return an error message if a dependency of an export format is not installed, or None."""
    if form not in NEEDS:
        return None
    return missing(form, f"export {form}") or (missing_driver(summary_url) if form == "summary" else None)
