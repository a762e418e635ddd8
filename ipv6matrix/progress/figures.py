"""
Progress of a crawl: what is done, what is left, and the remaining time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from ipv6matrix.items import Failure
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.progress.pace import SUBJECTS, Pace
from ipv6matrix.store.counts import AGAIN, Counts

_FAILURES: Final = frozenset(map(str, Failure))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How much of the list has been read."""

    lines: int | None = None
    "Lines of its files; None until they have been counted."
    read: int = 0
    "Entries read since the last start, which reads the list from the top again."
    ended: bool = False

    def unread(self, domains: int) -> int | None:
        """Return how many domains are still to come after `asked` of them; comments count as domains."""
        if self.ended:
            return 0
        return None if self.lines is None else max(self.lines - max(self.read, domains), 0)

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, dumped: dict[str, Any] | None) -> Self:
        return cls(**(dumped or {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Done and left, for one kind of subject or request."""

    done: int
    left: int | None
    "Includes what the rest of the list is likely to lead to; None while that is unknown."
    pending: int
    "Of these, the number in the frontier."
    per_second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Progress of a crawl at one moment. What is left is an estimate, or None while too little is known."""

    domains: Share
    hosts: Share
    addresses: Share
    "An address is done when each of its slots is: the slowest slot decides."
    slots: dict[str, Share]
    again: int | None
    "Requests of the retry pass, answered or not; None if there will be none."
    failures: dict[str, int]
    "Counts by probe and failure, the most frequent first."
    seconds_left: float | None
    "Of this pass: the requests of a retry pass are not known in advance."

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def figures(counts: Counts, listing: Listing, pace: Pace, *, second_pass: bool = True) -> Figures:
    """Compute the figures; `second_pass` states whether there will be a retry pass."""
    unread = listing.unread(counts.asked["domains"])
    shares = {key: _share(counts, key, unread, pace) for key in (*REGISTRY.slots, *SUBJECTS)}
    slots = {slot: shares[slot] for slot in REGISTRY.slots}
    return Figures(
        domains=shares["domains"],
        hosts=shares["hosts"],
        addresses=_addresses(counts, slots),
        slots=slots,
        again=sum(counts.asked[slot + AGAIN] for slot in slots) if second_pass else None,
        failures=_failures(counts),
        seconds_left=_seconds_left(slots, pace.parked_s),
    )


def _share(counts: Counts, key: str, unread: int | None, pace: Pace) -> Share:
    pending = counts.pending(key)
    per_domain = 1.0 if key == "domains" else pace.per_domain.get(key)
    left = None
    if unread == 0:
        left = pending
    elif unread is not None and per_domain is not None:
        left = pending + round(unread * per_domain)
    return Share(done=counts.done[key], left=left, pending=pending, per_second=pace.per_second.get(key))


def _addresses(counts: Counts, slots: dict[str, Share]) -> Share:
    """Derive addresses from their slots: the slot with the most requests has seen all addresses found so far."""
    first = {slot: counts.asked[slot] - counts.asked[slot + AGAIN] for slot in REGISTRY.slots_of_addresses}
    used = [slot for slot, number in first.items() if number]
    if not used:
        return Share(
            done=0, left=0 if all(share.left == 0 for share in slots.values()) else None, pending=0, per_second=None
        )
    slowest = min(used, key=lambda slot: counts.done[slot] - counts.done[slot + AGAIN])
    done = counts.done[slowest] - counts.done[slowest + AGAIN]
    lefts = [slots[slot].left for slot in used]
    return Share(
        done=done,
        left=None if None in lefts else max(filter(None, lefts), default=0),
        pending=max(first.values()) - done,
        per_second=slots[slowest].per_second,
    )


def _failures(counts: Counts) -> dict[str, int]:
    findings = REGISTRY.findings
    failed = Counter(
        {
            f"{probe} {end}": number
            for (probe, end), number in counts.outcomes.copy().items()
            if end in _FAILURES and (probe, end) not in findings
        }
    )
    return dict(failed.most_common())


def _seconds_left(slots: dict[str, Share], parked_s: float) -> float | None:
    """Return the time of the slowest slot or network, because all of them work at the same time."""
    times = list(map(_time, slots.values()))
    return None if None in times else max(parked_s, *(time or 0.0 for time in times))


def _time(share: Share) -> float | None:
    if share.left == 0:
        return 0.0
    return share.left / share.per_second if share.left and share.per_second else None
