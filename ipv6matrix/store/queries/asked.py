"""
What a crawl measured, according to its own row: a feature or metric that was not selected has no figures.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ipv6matrix.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of a run, in the words of the settings FEATURES and METRICS."""

    run: str
    features: frozenset[str] | None
    "None if the record does not state it; everything then counts as selected."
    metrics: frozenset[str] | None
    skipped: frozenset[str]
    "What could not be measured because a dependency was missing: metrics, ipv4, ipv6."

    def has_feature(self, feature: str) -> bool:
        return self.features is None or feature in self.features

    def has_metric(self, metric: str) -> bool:
        return metric not in self.skipped and (self.metrics is None or metric in self.metrics)


def asked(store: Store) -> Asked | None:
    """Read the options; return None for a database without a crawl."""
    crawl = store.crawl()
    if crawl is None:
        return None
    settings = json.loads(crawl["settings"])
    return Asked(
        run=crawl["run"],
        features=_words(settings.get("FEATURES")),
        metrics=_words(settings.get("METRICS")),
        skipped=frozenset(json.loads(crawl["skipped"])),
    )


def _words(value: Any) -> frozenset[str] | None:
    """Split a setting that lists words: text with commas, or a list."""
    if value is None:
        return None
    words = value.split(",") if isinstance(value, str) else value
    return frozenset(word.strip() for word in words if word.strip())
