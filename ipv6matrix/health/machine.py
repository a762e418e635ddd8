"""
The state machine of one part of the vantage point: events and moments in, verdicts out, no I/O.

Moments are those of a monotonic clock. A check that began at a moment proves
the part for what ended before that moment: what is answered after it may have
been lost, or made up, since.
"""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import Final

# Seconds after the first doubt in which others may join it: they share a check.
PATIENCE_S: Final = 0.25
# Seconds from the beginning of one check to that of the next while the part is well.
SPACING_S: Final = 1.0
# The same while nothing is in doubt: what goes and returns unnoticed is shorter.
HEARTBEAT_S: Final = 5.0
# Seconds before each check while the part is away.
BACK_OFF_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
# How often a request is sent before its answers are failures, over all starts of a crawl. What a stop or a kill
# interrupted does not count: a start sends that again.
MAX_SENDS: Final = 3


class State(Enum):
    """What is known of a part."""

    WELL = auto()
    AWAY = auto()
    LOST = auto()
    "Away for longer than the crawl waits: not checked again."


class Verdict(Enum):
    """What becomes of an observation."""

    PASS = auto()
    WAIT = auto()
    "The next check decides."
    AGAIN = auto()
    "The part was away, or may have been, while the request was under way."


class Machine:
    """Decides when a part is checked, when it is away, and which observations count."""

    def __init__(self, max_wait_s: float) -> None:
        self.state = State.WELL
        self.away_at: float | None = None
        self._max_wait_s = max_wait_s
        self._well_since = self._proved_at = self._checked_at = self._judged_at = -math.inf
        self._doubted_at = self._used_at = math.inf
        self._checks_away = 0

    def use(self, now: float) -> None:
        """Note that a request is sent: from the first one on, the part is checked as long as the crawl runs."""
        self._used_at = min(self._used_at, now)

    def judge(self, asked_at: float, ended_at: float) -> Verdict:
        """Decide about an observation of a request that was sent at `asked_at` and ended at `ended_at`."""
        if self.state is not State.WELL or asked_at < self._well_since:
            return Verdict.AGAIN
        return Verdict.PASS if ended_at <= self._proved_at else Verdict.WAIT

    def doubt(self, now: float) -> None:
        """Ask for a check: an observation waits, or nothing is heard."""
        self._doubted_at = min(self._doubted_at, now)

    def next_at(self) -> float:
        """Return when `check_begins` or `tick` is due; infinity when never."""
        if self.state is State.WELL:
            doubted = max(self._doubted_at + PATIENCE_S, self._checked_at + SPACING_S)
            return min(doubted, max(self._used_at, self._checked_at + HEARTBEAT_S))
        if self.state is State.LOST:
            return math.inf
        return min(self._judged_at + BACK_OFF_S[min(self._checks_away, len(BACK_OFF_S)) - 1], self._give_up_at)

    def tick(self, now: float) -> bool:
        """Give the part up when it has been away for too long; return True if so."""
        if self.state is State.AWAY and now >= self._give_up_at:
            self.state = State.LOST
            return True
        return False

    def check_begins(self, now: float) -> None:
        """Note that a check begins; what is doubted from now on needs another one."""
        self._checked_at = now
        self._doubted_at = math.inf

    def check_ends(self, now: float, *, well: bool) -> bool:
        """Take in how the check ended; return True when the state has changed."""
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
        """Return the seconds that the part was away."""
        assert self.away_at is not None
        away_s = self._judged_at - self.away_at
        self.away_at = None
        return away_s

    @property
    def _give_up_at(self) -> float:
        return math.inf if self.away_at is None else self.away_at + self._max_wait_s


class Witnesses:
    """
    Decides whether a family is there by the strongest witness that has ever answered in this run.

    References vouch for the way out, the first router for the link alone. What
    the crawl's own targets answer counts only where neither ever did: a target
    can fall silent or be near.
    """

    def __init__(self) -> None:
        self.reference = self.gateway = self.target = False

    def well(self, *, reference: bool | None, gateway: bool) -> bool:
        """Take in who answered a check, and decide; `reference` is None when there is none to ask."""
        self.reference |= bool(reference)
        self.gateway |= gateway
        if self.reference and reference is not None:
            return reference
        return gateway if self.gateway else self.target
