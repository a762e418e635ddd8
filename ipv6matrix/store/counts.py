"""
Counters of requests and outcomes, updated as answers are stored, so that no query has to count rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from ipv6matrix.items import Answered, slot_of
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.base import Outcome

# Suffix of the keys of the retry pass.
AGAIN: Final = " again"


@dataclass(slots=True)
class Counts:
    """
    Totals of a whole crawl, in memory and, with each commit, in the database.

    Keys of `asked` and `done` are slots (requests of both passes), slots with the
    suffix `AGAIN` (requests of the retry pass only), `domains` and `hosts` (the
    subjects of first requests). Keys of `outcomes` are the kind of probe and its
    outcome: a status, a failure, the stop of a trace, an exclusion.
    """

    asked: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    def ask(self, url: str) -> None:
        for key, number in weights(url):
            self.asked[key] += number

    def finish(self, url: str) -> None:
        for key, number in weights(url):
            self.done[key] += number

    def answer(self, item: Answered) -> None:
        """Count the outcomes of an item."""
        self.outcomes.update(REGISTRY.outcomes(item))

    def pending(self, key: str) -> int:
        return self.asked[key] - self.done[key]

    def __iadd__(self, other: Self) -> Self:
        for mine, more in ((self.asked, other.asked), (self.done, other.done)):
            mine.update(more)
        self.outcomes.update(other.outcomes)
        return self

    def dump(self) -> dict[str, Any]:
        """Return plain JSON data."""
        ends = {" ".join(outcome): number for outcome, number in self.outcomes.items()}
        return {"asked": dict(self.asked), "done": dict(self.done), "outcomes": ends}

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Self:
        ends = {tuple(key.split(" ")): number for key, number in dumped["outcomes"].items()}
        return cls(Counter(dumped["asked"]), Counter(dumped["done"]), Counter(ends))

    @classmethod
    def of_requests(cls, rows: Iterable[tuple[str, int | None]]) -> Self:
        """Count the requests (URL, done_at) of a crawl that an earlier version began; outcomes start at 0."""
        counts = cls()
        for url, done_at in rows:
            counts.ask(url)
            if done_at is not None:
                counts.finish(url)
        return counts


def weights(url: str) -> tuple[tuple[str, int], ...]:
    """Return the keys under which a request is counted: its slot and, in the first pass, its subjects."""
    slot = slot_of(url)
    if url.endswith("pass=2"):
        return ((slot, 1), (slot + AGAIN, 1))
    return ((slot, 1), *REGISTRY.of_url(url).subjects(url))


def read(text: str | None) -> tuple[Counts | None, dict[str, Any]]:
    """Parse the stored text into counters (None before the first commit) and the record of the crawl."""
    if text is None:
        return None, {}
    record = json.loads(text)
    return Counts.load(record["counts"]), record["noted"]


def written(counts: Counts, noted: dict[str, Any]) -> str:
    """Return the text to store."""
    return json.dumps({"counts": counts.dump(), "noted": noted}, sort_keys=True)
