"""
The state machine of one dependency: events and times in, verdicts out, no I/O.

Times are those of a monotonic clock. A successful check vouches only for
observations that ended before the check began: later ones may have been lost or
forged since.
"""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import Final

# Seconds to wait after the first doubt, so that several doubts can share a check.
PATIENCE_S: Final = 0.25
# Seconds between the starts of two checks while the dependency is available.
SPACING_S: Final = 1.0
# The same while nothing is in doubt. An outage that goes unnoticed is shorter than this.
HEARTBEAT_S: Final = 5.0
# Seconds before each check during an outage.
BACK_OFF_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
# How many times a request is sent before its answers are failures, over all starts of a crawl. A request interrupted
# by a stop or a kill does not count; it is sent again after the next start.
MAX_SENDS: Final = 3


class State(Enum):
    """The state of a dependency."""

    WELL = auto()
    AWAY = auto()
    LOST = auto()
    "Unavailable for longer than the crawl waits; no longer checked."


class Verdict(Enum):
    """What happens to an observation."""

    PASS = auto()
    WAIT = auto()
    "The next check decides."
    AGAIN = auto()
    "The dependency was unavailable, or may have been, while the request was in flight."


class Machine:
    """Decides when a dependency is checked, when it is unavailable, and which observations count."""

    def __init__(self, max_wait_s: float) -> None:
        self.state = State.WELL
        self.away_at: float | None = None
        self._max_wait_s = max_wait_s
        self._well_since = self._proved_at = self._checked_at = self._judged_at = -math.inf
        self._doubted_at = self._used_at = math.inf
        self._checks_away = 0

    def use(self, now: float) -> None:
        """Record that a request is sent; the first one starts the checks, which go on as long as the crawl runs."""
        self._used_at = min(self._used_at, now)

    def judge(self, asked_at: float, ended_at: float) -> Verdict:
        """Return the verdict on an observation whose request was sent at `asked_at` and ended at `ended_at`."""
        if self.state is not State.WELL or asked_at < self._well_since:
            return Verdict.AGAIN
        return Verdict.PASS if ended_at <= self._proved_at else Verdict.WAIT

    def doubt(self, now: float) -> None:
        """Request a check because an observation waits or no answers arrive."""
        self._doubted_at = min(self._doubted_at, now)

    def next_at(self) -> float:
        """Return when `check_begins` or `tick` is due; infinity for never."""
        if self.state is State.WELL:
            doubted = max(self._doubted_at + PATIENCE_S, self._checked_at + SPACING_S)
            return min(doubted, max(self._used_at, self._checked_at + HEARTBEAT_S))
        if self.state is State.LOST:
            return math.inf
        return min(self._judged_at + BACK_OFF_S[min(self._checks_away, len(BACK_OFF_S)) - 1], self._give_up_at)

    def tick(self, now: float) -> bool:
        """Mark the dependency as lost if it has been unavailable for too long; return whether this did so."""
        if self.state is State.AWAY and now >= self._give_up_at:
            self.state = State.LOST
            return True
        return False

    def check_begins(self, now: float) -> None:
        """Record that a check begins; doubts from now on need another check."""
        self._checked_at = now
        self._doubted_at = math.inf

    def check_ends(self, now: float, *, well: bool) -> bool:
        """Record the result of a check; return whether the state has changed."""
        self._judged_at = now
        before = self.state
        if well:
            self._proved_at = self._checked_at
            self._checks_away = 0
            if before is State.AWAY:
                self.state, self._well_since = State.WELL, now
        elif before is not State.LOST:
            self._checks_away += 1
            if before is State.WELL:
                self.state, self.away_at = State.AWAY, now
        return self.state is not before

    def came_back(self) -> float:
        """Return the duration of the outage in seconds."""
        assert self.away_at is not None
        away_s = self._judged_at - self.away_at
        self.away_at = None
        return away_s

    @property
    def _give_up_at(self) -> float:
        return math.inf if self.away_at is None else self.away_at + self._max_wait_s


class Witnesses:
    """
    Decides whether a family is available, by the strongest witness that has ever answered in this run.

    References prove a path to the Internet, the first router only the link. Answers
    from the crawl's own targets count only if neither can be probed: a target can fall
    silent or be on the same network. If every witness that answered has been opted out
    since, nothing speaks for an outage.
    """

    def __init__(self) -> None:
        self.reference = self.gateway = self.target = False

    def well(self, *, reference: bool | None, gateway: bool | None) -> bool:
        """Record which witnesses answered a check, and decide; None stands for one that was not probed."""
        self.reference |= bool(reference)
        self.gateway |= bool(gateway)
        if self.reference and reference is not None:
            return reference
        if self.gateway and gateway is not None:
            return gateway
        return self.target or self.reference or self.gateway
