"""
The forms in which a crawl leaves its database, by the names of EXPORTS and `scrapy export`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, cast

from ipv6matrix.store.database import Store

# Each is a module of this package with a function `export`. Some bring large
# libraries, so a module is imported when it is used.
NAMES: Final = ("csv", "parquet", "summary", "report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where exports go."""

    output_dir: Path
    summary_url: str
    "A database, in the form of SQLAlchemy."


Export = Callable[[Store, Target], str]
"""
Writes all of a crawl and says in a few words what is where; doing it again changes nothing.

Raises ExportError.
"""


def exporter(name: str) -> Export:
    """Return the function that exports in a form of NAMES."""
    return cast(Export, import_module(f"{__package__}.{name}").export)
