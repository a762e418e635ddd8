"""
The export formats, by their names in EXPORTS and `scrapy export`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from ipv6matrix.store.database import Store

# Each is a module of this package with a function `export`. Some need large
# libraries, so a module is imported only when it is used.
NAMES: Final = ("csv", "parquet", "readiness", "summary", "report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Destinations of exports."""

    output_dir: Path
    summary_url: str
    "Database URL, as SQLAlchemy spells it."
    replace: bool = False
    "Whether an empty summary may replace one that is not empty."


Export = Callable[[Store, Target], str]
"""
Write a whole crawl and return a short description of the result; repeating it changes nothing.

Raises ExportError.
"""


def exporter(name: str) -> Export:
    """Return the function that exports to a format of NAMES."""
    return cast(Export, import_module(f"{__package__}.{name}").export)
