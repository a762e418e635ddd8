"""
What the retry pass repeats: requests whose failures may have been temporary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ipv6matrix.measurements.base import Failed
from ipv6matrix.store import tables
from ipv6matrix.store.database import Store
from ipv6matrix.store.tables.base import OfAddresses

# Number of rows that are read at a time: ten milliseconds at most.
_CHUNK: Final = 3_000


def failed(store: Store) -> Iterator[list[Failed]]:
    """
    Yield failures of all facts, chunk by chunk; a list may be empty.

    What has been retried already, according to first_answers, is left out.
    """
    for look in (look for fact_tables in tables.REGISTRY for look in fact_tables.looks):
        for bounds in _chunks(store, look.key):
            yield list(look.failed(store.query(look.sql, bounds)))
    yield from _silent(store)


def _chunks(store: Store, key: str) -> Iterator[tuple[int, int]]:
    ((last,),) = store.query(f"SELECT ifnull(max({key}), 0) FROM {key.partition('.')[0]}")
    return ((after, after + _CHUNK) for after in range(0, last, _CHUNK))


def _silent(store: Store) -> Iterator[list[Failed]]:
    """Yield the requests to addresses that have answered nothing."""
    every = [fact_tables.of_addresses for fact_tables in tables.REGISTRY if fact_tables.of_addresses]
    repeated = [probe for probe in every if probe.item is not None]
    sql = f"""
        SELECT address, {_columns(repeated)} FROM addresses
        WHERE id > ? AND id <= ? AND refusal IS NULL
              AND NOT ({" OR ".join(probe.answered for probe in every)})
              AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = address
                              AND ({" OR ".join(f"question LIKE '{probe.question}'" for probe in repeated)}))
        ORDER BY id"""
    for bounds in _chunks(store, "addresses.id"):
        yield [failure for row in store.query(sql, bounds) for failure in _failures(row, repeated)]


def _columns(every: list[OfAddresses]) -> str:
    return ", ".join(f"ifnull({probe.asked_at}, 0), {probe.parts}" for probe in every)


def _failures(row: tuple[Any, ...], every: list[OfAddresses]) -> Iterator[Failed]:
    """Yield the requests to a silent address, all of which are as old as the last of them."""
    address, last = row[0], max(row[1::2])
    for probe, parts in zip(every, row[2::2], strict=True):
        if probe.item is not None and parts is not None:
            numbers = tuple(sorted(parts.split(","), key=int)) if parts else ()
            yield Failed(item=probe.item, subject=address, parts=numbers, asked_at=last)
