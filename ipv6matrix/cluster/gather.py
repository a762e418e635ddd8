"""
Gathers the answers of a shared crawl in one ips.db.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ipv6matrix.cluster import owner, payload
from ipv6matrix.cluster.session import Run, Session
from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from ipv6matrix.store.newest import run_name


def gather(url: str, folder: Path) -> Path:
    """
    Write all answers, and the requests that are pending, to `folder/ips-<run>.db`; return its path.

    May be repeated, also while the crawl goes on: what the file has stays as it is.
    """
    session = Session(url, "gather")
    try:
        run = session.run()
        row = row_of([json.loads(member.record) for member in session.members()], run)
        if "version" not in row:
            raise StoreError("No machine has begun this crawl: start one with the same STORE_URL", code="STORE_EMPTY")
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


def row_of(records: list[dict[str, Any]], run: Run) -> dict[str, Any]:
    """
    Return the row of the crawl: that of the first machine, with the times of the whole crawl.

    Without any machine, it has only these times.
    """
    rows: list[dict[str, Any]] = [row for record in records if (row := record.get("crawl"))]
    first = min(rows, key=lambda row: row["started_at"]) if rows else {}
    first.pop("id", None)
    first |= {"run": run_name(run.started_at), "started_at": int(run.started_at), "starts": len(rows)}
    if run.ended_at is None:
        return first | {"ended_at": None, "end_reason": None}
    return first | {"ended_at": int(run.ended_at), "end_reason": "finished"}
