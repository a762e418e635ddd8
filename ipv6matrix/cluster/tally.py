"""
Counters of a shared crawl as rows of the table `counts`.

Each machine adds what it has contributed, in the transaction of the contribution, so
that sums over machines count each request and each answer once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from ipv6matrix.items import Answered
from ipv6matrix.store.counts import Counts

_ASKED: Final = "asked"
_DONE: Final = "done"
_OUTCOME: Final = "outcome"


class Row(NamedTuple):
    """One counter."""

    kind: str
    name: str
    number: int


def gained(urls: Iterable[str], items: Iterable[Answered]) -> Counts:
    """Count requests that were added, and items that were stored."""
    counts = Counts()
    for url in urls:
        counts.ask(url)
    for item in items:
        counts.finish(item.url)
        counts.answer(item)
    return counts


def rows(counts: Counts) -> Iterator[Row]:
    """Yield the counters as rows, always in the same order."""
    yield from (Row(_ASKED, name, number) for name, number in sorted(counts.asked.items()))
    yield from (Row(_DONE, name, number) for name, number in sorted(counts.done.items()))
    yield from (Row(_OUTCOME, " ".join(outcome), number) for outcome, number in sorted(counts.outcomes.items()))


def total(rows: Iterable[tuple[str, str, int]]) -> Counts:
    """Return the sums of rows."""
    counts = Counts()
    for kind, name, number in rows:
        if kind == _OUTCOME:
            probe, _, end = name.partition(" ")
            counts.outcomes[probe, end] += number
        else:
            (counts.asked if kind == _ASKED else counts.done)[name] += number
    return counts
