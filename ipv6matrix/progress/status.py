"""
Status of a crawl; of one in a folder, from its database alone.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ipv6matrix.progress.figures import Figures, Listing, figures
from ipv6matrix.progress.pace import UNKNOWN, Pace
from ipv6matrix.store.database import Store

# Seconds after which the recorded speed of a running crawl is out of date.
_FRESH_S: Final = 60

RUNNING: Final = "running"
PUBLISHING: Final = "publishing"
STARTING: Final = "starting"
STOPPED: Final = "stopped"
KILLED: Final = "killed"
FINISHED: Final = "finished"
NONE: Final = "none"
# A machine that has given its buckets back before the end of the crawl; one whose session ended otherwise.
LEFT: Final = "left"
LOST: Final = "lost"
STATES: Final = (STARTING, RUNNING, PUBLISHING, STOPPED, KILLED, FINISHED, NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A crawl as its database describes it; times are seconds since 1970."""

    state: str
    "One of `STATES`."
    database: str
    process: str | None = None
    run: str | None = None
    starts: int = 0
    started_at: int | None = None
    noted_at: int | None = None
    "When the crawl last recorded its speed and its list; `figures` count up to the last commit."
    ended_at: int | None = None
    end_reason: str | None = None
    waits_for: tuple[str, ...] = ()
    "Dependencies of the vantage point that are away."
    figures: Figures | None = None

    def dump(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """One process that takes part in a crawl, or took part."""

    host: str
    process: str
    state: str
    "`running`, `finished`, LEFT or LOST."
    buckets: int
    "Number of buckets that it owns."
    silent_s: float
    "Seconds since its last message, by the clock of the server."
    done: dict[str, int]
    "Answers that it has stored, by slot, and domains and hosts."
    pending: dict[str, int]
    "Requests of its buckets that are not answered, by slot."
    per_second: dict[str, float]
    "Its speed, as in `done`; empty while unknown."
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStatus(Status):
    """A crawl on many machines: `figures` are those of all of them."""

    workers: tuple[WorkerStatus, ...]
    unowned: int
    "Number of buckets without an owner: nothing of them is requested."


def status(database: Path, process: str | None) -> Status:
    """
    Read the status from a database; `process` is the process that crawls with it, or None.

    The database is open for an instant only: a long read would keep the write-ahead log from being truncated.
    Raises StoreError for a file of another program or one that cannot be read.
    """
    if not database.is_file():
        return Status(state=STARTING if process else NONE, database=str(database), process=process)
    with closing(Store.read(database)) as store:
        row, counts, noted = store.crawl() or {}, store.counts, store.noted
    state = _state(row, process)
    is_fresh = state == RUNNING and noted.get("at", 0) > time.time() - _FRESH_S
    pace = Pace.load(noted["pace"]) if is_fresh else UNKNOWN
    return Status(
        state=state,
        database=str(database),
        process=process,
        run=row.get("run"),
        starts=row.get("starts", 0),
        started_at=row.get("started_at"),
        noted_at=noted.get("at"),
        ended_at=row.get("ended_at"),
        end_reason=row.get("end_reason"),
        waits_for=tuple(noted["waits_for"]) if is_fresh else (),
        figures=figures(counts, Listing.load(noted.get("listing")), pace, second_pass=noted.get("second_pass", True)),
    )


def _state(row: dict[str, Any], process: str | None) -> str:
    reason = row.get("end_reason")
    if process is not None:
        if not row:
            return STARTING
        # After the last request, the crawl exports.
        return PUBLISHING if reason == FINISHED else RUNNING
    if reason == FINISHED:
        return FINISHED
    return STOPPED if reason or not row else KILLED
