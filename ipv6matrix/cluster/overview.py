"""
Status of a shared crawl, from its database alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ipv6matrix.cluster.connection import safe
from ipv6matrix.cluster.gather import row_of
from ipv6matrix.cluster.session import Member, Session
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.progress.figures import Listing, figures
from ipv6matrix.progress.pace import UNKNOWN, Pace
from ipv6matrix.progress.status import FINISHED, LEFT, LOST, RUNNING, STOPPED, SharedStatus, WorkerStatus


def overview(url: str) -> SharedStatus:
    """Read the status of a crawl; raises StoreError."""
    session = Session(url, "status")
    try:
        run, members, whole = session.run(), session.members(), session.whole()
        has_ended = run.ended_at is not None
        # After the end, no bucket needs a process.
        unowned, is_listed = 0 if has_ended else session.unowned(), session.is_listed()
    finally:
        session.close()
    records: list[dict[str, Any]] = [json.loads(member.record) for member in members]
    workers = tuple(_worker(*both, has_ended=has_ended) for both in zip(members, records, strict=True))
    running = [record for record, worker in zip(records, workers, strict=True) if worker.state == RUNNING]
    noted: dict[str, Any] = next((record["noted"] for record in records if record.get("noted")), {})
    crawl = row_of(records, run)
    return SharedStatus(
        state=FINISHED if has_ended else RUNNING if running else STOPPED,
        database=safe(url),
        run=crawl["run"],
        started_at=crawl["started_at"],
        ended_at=crawl["ended_at"],
        end_reason=crawl["end_reason"],
        starts=len(members),
        noted_at=max((int(member.noted_at) for member in members), default=None),
        figures=figures(
            whole,
            Listing(lines=noted.get("listing", {}).get("lines"), ended=is_listed),
            _pace(running),
            second_pass=noted.get("second_pass", True),
        ),
        workers=workers,
        unowned=unowned,
    )


def _worker(member: Member, record: dict[str, Any], *, has_ended: bool) -> WorkerStatus:
    state = RUNNING if member.is_here else LOST
    if member.has_left:
        state = FINISHED if has_ended else LEFT
    runs = state == RUNNING
    host, _, process = member.name.rpartition(":")
    return WorkerStatus(
        host=host,
        process=process,
        state=state,
        buckets=member.buckets if runs else 0,
        silent_s=round(member.silent_s, 1),
        done=dict(member.counts.done),
        pending=record.get("pending", {}) if runs else dict.fromkeys(REGISTRY.slots, 0),
        per_second=record["pace"]["per_second"] if runs and "pace" in record else {},
        waits_for=tuple(record.get("noted", {}).get("waits_for", ())) if runs else (),
    )


def _pace(records: Iterable[dict[str, Any]]) -> Pace:
    """Return the speed of all machines together."""
    paces = [Pace.load(record["pace"]) for record in records if "pace" in record]
    if not paces:
        return UNKNOWN
    per_second: Counter[str] = Counter()
    for pace in paces:
        per_second.update(pace.per_second)
    subjects = [pace.per_domain for pace in paces if pace.per_domain]
    return Pace(
        per_second=dict(per_second),
        per_domain={key: _mean([counts[key] for counts in subjects]) for key in (subjects[0] if subjects else ())},
        parked_s=max(pace.parked_s for pace in paces),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
