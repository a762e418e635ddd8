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
from ipv6matrix.items import ExclusionItem
from ipv6matrix.store.database import Store
from ipv6matrix.store.newest import run_name


def gather(url: str, folder: Path) -> Path:
    """
    Write all answers, and the requests that are pending, to `folder/ips-<run>.db`; return its path.

    May be repeated, also while the crawl goes on: what the file has stays as it is.
    """
    columns = row(url)
    folder.mkdir(parents=True, exist_ok=True)
    session = Session(url, "gather", is_owner=False)
    store = Store(folder / f"ips-{columns['run']}.db")
    try:
        everything = range(owner.BUCKETS)
        replay(session, store, everything)
        for pending in session.pending(everything):
            store.add_request(pending)
        store.record_crawl(**columns)
    finally:
        store.close()
        session.close()
    return store.path


def replay(session: Session, store: Store, buckets: range, *, are_all: bool = True) -> None:
    """Write the answers of some buckets as a crawl on one machine would have; `are_all` if there are no others."""
    for page in session.stream(buckets):
        for text in page:
            item = payload.load(text)
            if not are_all and isinstance(item, ExclusionItem):
                store.mention(item.address)
            # A repeated answer changes no fact; only the counters would count it again.
            if store.add_request(item.url) or store.is_pending(item.url):
                store.complete(item)
        store.commit()


def row(url: str) -> dict[str, Any]:
    """Return the row of the crawl; raises StoreError if no machine has begun it."""
    session = Session(url, "gather")
    try:
        run, members = session.run(), session.members()
    finally:
        session.close()
    columns = row_of([json.loads(member.record) for member in members], run)
    if "version" not in columns:
        raise StoreError("No machine has begun this crawl: start one with the same STORE_URL", code="STORE_EMPTY")
    return columns


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
