"""
From a source to a whole ips.db: what `scrapy import` does.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from ipv6matrix.config.plan import FEATURES, METRICS
from ipv6matrix.importers import csv, legacy, runs
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Older, Ours
from ipv6matrix.store.legacy import Legacy
from ipv6matrix.store.rebuild import Rebuild, rebuilding

# Instead of a version of ours, in the crawl's own row: files of ours, which do not
# tell their version, and what the 2022 crawler or its forebears wrote.
IMPORTED: Final = "imported"
OLDER: Final = "2022"


def from_csv(folder: Path, run: str, target: Path, era: Ours, complaints: Complaints) -> int:
    """
    Make a database of <folder>/<tld>/<run>/ and count its domains.

    Raises StoreError and ImportRefusedError.
    """
    started_at = runs.started_at(run)
    folders = runs.folders(folder, run)
    with rebuilding(target, started_at) as rebuild:
        words: set[str] = set()
        for one in folders:
            words |= csv.load(one, rebuild, era, complaints)
        return _finish(rebuild, words, run, started_at, folder, era)


def from_legacy(path: Path, run: str | None, target: Path, era: Ours, complaints: Complaints) -> int:
    """
    Make a database of one of the 2022 crawler and count its domains.

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
            {"FEATURES": ",".join(features), "METRICS": ",".join(word for word in METRICS if word in words)}
        ),
        list=str(source),
        list_sha256="",
        started_at=started_at,
        starts=1,
        resolver="",
        skipped="{}",
        end_reason="finished",
    )
