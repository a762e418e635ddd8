"""
Exports the readiness of each domain of a crawl as one CSV file: OUTPUT_DIR/readiness-<run>.csv.

Its columns are those of the summary table Readiness.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator
from typing import Final

from ipv6matrix.exporters import cells
from ipv6matrix.exporters.outputs import run_of, whole
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.database import Store
from ipv6matrix.summaries import figures
from ipv6matrix.summaries.rows import Readiness

COLUMNS: Final = tuple(field.name for field in dataclasses.fields(Readiness))


def export(store: Store, target: Target) -> str:
    """Write the file; raises ExportError."""
    path, number = target.output_dir / f"readiness-{run_of(store)}.csv", 0
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in rows(store):
            writer.writerow([cells.inert(getattr(row, name)) for name in COLUMNS])
            number += 1
    return f"{path} ({number:,} domains)"


def rows(store: Store) -> Iterator[Readiness]:
    """Yield the readiness of each domain, by TLD and name."""
    return (row for row in figures.rows_of(store) if isinstance(row, Readiness))
