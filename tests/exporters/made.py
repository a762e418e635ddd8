"""Finished crawls made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ipv6matrix.items import Answered
from ipv6matrix.store.database import Store
from tests import opened
from tests.samples import AT

RUN = "2023-11-14__22-13-20"


def crawl(path: Path, *items: Answered, settings: dict[str, Any] | None = None, **columns: Any) -> Store:
    """Create the database of a crawl with these items, and open it for reading."""
    store = Store(path)
    for item in items:
        store.complete(item)
    row: dict[str, Any] = {
        "run": RUN,
        "version": "1.0",
        "settings": json.dumps(settings or {}),
        "list": "/home/somebody/list.txt",
        "list_sha256": "0" * 64,
        "started_at": int(AT),
        "starts": 1,
        "resolver": "192.0.2.53:53",
        "skipped": "{}",
        "ended_at": int(AT) + 60,
        "end_reason": "finished",
    }
    store.record_crawl(**row | columns)
    store.close()
    return opened.read(path)
