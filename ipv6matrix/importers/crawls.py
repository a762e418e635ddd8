"""
Builds a complete ips.db from a source: what `scrapy import` does.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from ipv6matrix.config.metrics import metrics
from ipv6matrix.config.plan import FEATURES
from ipv6matrix.importers import csv, legacy, runs
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Older, Ours
from ipv6matrix.store.legacy import Legacy
from ipv6matrix.store.rebuild import Rebuild, rebuilding

# Stands in place of a version in the row of the crawl: for files of this project, which do
# not state their version, and for those of the 2022 crawler and its predecessors.
IMPORTED: Final = "imported"
OLDER: Final = "2022"


def from_csv(folder: Path, run: str, target: Path, era: Ours, complaints: Complaints) -> int:
    """
    Build a database from <folder>/<tld>/<run>/ and return its number of domains.

    Raises StoreError and ImportRefusedError.
    """
    started_at = runs.started_at(run)
    folders = runs.folders(folder, run)
    with rebuilding(target, started_at) as rebuild:
        words: set[str] = set()
        for tld_folder in folders:
            words |= csv.load(tld_folder, rebuild, era, complaints)
        return _finish(rebuild, words, run, started_at, folder, era)


def from_legacy(path: Path, run: str | None, target: Path, era: Ours, complaints: Complaints) -> int:
    """
    Build a database from one of the 2022 crawler and return its number of domains.

    Raises StoreError and ImportRefusedError.
    """
    run = run or runs.of_file(path)
    started_at = runs.started_at(run)
    with Legacy(path) as source, rebuilding(target, started_at) as rebuild:
        words = legacy.load(source, rebuild, era, complaints)
        return _finish(rebuild, words, run, started_at, path, era)


def _finish(rebuild: Rebuild, words: AbstractSet[str], run: str, started_at: int, source: Path, era: Ours) -> int:
    features = [word for word in FEATURES if word in words]
    lookups = [word for word in ("NS", "MX") if word in features] + ["SOA"] * ("soa" in words)
    return rebuild.finish(
        lookups,
        run=run,
        version=OLDER if isinstance(era, Older) else IMPORTED,
        settings=json.dumps(
            {"FEATURES": ",".join(features), "METRICS": ",".join(word for word in metrics() if word in words)}
        ),
        list=str(source),
        list_sha256="",
        started_at=started_at,
        starts=1,
        resolver="",
        skipped="{}",
        end_reason="finished",
    )
