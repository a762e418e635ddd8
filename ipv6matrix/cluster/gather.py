"""
Gathers the answers of a shared crawl in one ips.db.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ipv6matrix.cluster import owner, payload
from ipv6matrix.cluster.session import Session
from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store


def gather(url: str, folder: Path) -> Path:
    """
    Write all answers, and the requests that are pending, to `folder/ips-<run>.db`; return its path.

    May be repeated, also while the crawl goes on: what the file has stays as it is.
    """
    session = Session(url, "gather")
    try:
        run = session.run()
        row = _row(session.records(), run.started_at, run.ended_at)
        folder.mkdir(parents=True, exist_ok=True)
        store = Store(folder / f"ips-{row['run']}.db")
        try:
            _write(session, store)
            store.record_crawl(**row)
        finally:
            store.close()
        return store.path
    finally:
        session.close()


def _write(session: Session, store: Store) -> None:
    everything = range(owner.BUCKETS)
    for page in session.answers(everything):
        for text in page:
            item = payload.load(text)
            # A repeated answer changes no fact; only the counters would count it again.
            if store.add_request(item.url) or store.is_pending(item.url):
                store.complete(item)
        store.commit()
    for url in session.pending(everything):
        store.add_request(url)
    store.commit()


def _row(records: list[str], started_at: float, ended_at: float | None) -> dict[str, Any]:
    """Return the row of the crawl: that of the first machine, with the times of the whole crawl."""
    rows: list[dict[str, Any]] = [row for text in records if (row := json.loads(text).get("crawl"))]
    if not rows:
        raise StoreError("No machine has begun this crawl: start one with the same STORE_URL", code="STORE_EMPTY")
    first = min(rows, key=lambda row: row["started_at"])
    first.pop("id")
    first |= {"run": time.strftime("%Y-%m-%d__%H-%M-%S", time.gmtime(started_at)), "starts": len(rows)}
    end = {"ended_at": int(ended_at), "end_reason": "finished"} if ended_at else {"ended_at": None, "end_reason": None}
    return first | end | {"started_at": int(started_at)}
