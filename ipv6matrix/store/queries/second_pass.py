"""
What the retry pass repeats: requests whose failures may have been temporary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from ipv6matrix.items import TRANSIENT_ADDRESS_FAILURES, TRANSIENT_LOOKUP_FAILURES
from ipv6matrix.store.database import Store

# Number of rows that are read at a time: ten milliseconds at most.
_CHUNK: Final = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A domain, a host, hosts guessed for one domain, or an address, with its failures."""

    subject: str
    labels: tuple[str, ...] = ()
    "Of guessed hosts: the labels in front of the domain, which is the subject."
    types: tuple[str, ...] = ()
    "The lookups that failed; none for an address that answered no probe."
    pinged: bool = False
    ports: tuple[int, ...] = ()
    "The probes of a silent address."
    asked_at: int
    "Time of the last of these requests."


def failed(store: Store) -> Iterator[list[Failed]]:
    """
    Yield failures of all facts, chunk by chunk; a list may be empty.

    What has been retried already, according to first_answers, is left out.
    """
    for table, sql, read in _LOOKS:
        ((last,),) = store.query(f"SELECT ifnull(max(rowid), 0) FROM {table}")
        for after in range(0, last, _CHUNK):
            yield list(read(store.query(sql, (after, after + _CHUNK))))


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _failing(owner: str, subject: str, more: str = "") -> str:
    """Return SQL for the owners of lookups that failed once: subject, time of the last lookup, types."""
    return f"""
        SELECT {subject} AS name, max(lookups.asked_at), group_concat(type){more}
        FROM lookups JOIN {_TABLES[owner]} ON {_TABLES[owner]}.id = owner_id
        WHERE owner = '{owner}' AND owner_id > ? AND owner_id <= ?
              AND status IN ({_words(TRANSIENT_LOOKUP_FAILURES)})
              AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = {subject} AND question = type)
        GROUP BY owner_id ORDER BY owner_id"""


_TABLES: Final = {"domain": "domains", "host": "hosts", "address": "addresses"}
# The order of record types in a request; others follow by name.
_TYPES: Final = ("NS", "MX", "SOA", "A", "AAAA")

# With the domain for which a host was guessed: a wildcard shows only next to the other guesses of that domain.
_GUESSED_FOR: Final = """,
    (SELECT domains.name FROM roles JOIN domains ON domains.id = domain_id
     WHERE host_id = hosts.id AND kind IN ('WWW', 'NTP') ORDER BY domain_id LIMIT 1)"""

# Addresses that answered neither ping nor any port; a trace that arrived is an answer.
_SILENT: Final = f"""
    SELECT address, max(ifnull(pings.asked_at, 0), ifnull(max(ports.asked_at), 0)), pings.address_id IS NOT NULL,
           group_concat(port)
    FROM addresses LEFT JOIN pings ON pings.address_id = addresses.id LEFT JOIN ports ON ports.address_id = addresses.id
    WHERE addresses.id > ? AND addresses.id <= ? AND found_at IS NOT NULL AND refusal IS NULL
          AND (pings.address_id IS NULL
               OR rtts_ms = '[]' AND ifnull(pings.failure, 'timeout') IN ({_words(TRANSIENT_ADDRESS_FAILURES)}))
          AND NOT EXISTS (SELECT 1 FROM traces WHERE traces.address_id = addresses.id AND reached_ttl IS NOT NULL)
          AND NOT EXISTS (SELECT 1 FROM first_answers
                          WHERE subject = address AND (question = 'ping' OR question LIKE 'tcp %'))
    GROUP BY addresses.id
    HAVING (pings.address_id IS NOT NULL OR count(port) > 0)
           AND count(port) = count(*) FILTER (WHERE ports.failure IN ({_words(TRANSIENT_ADDRESS_FAILURES)}))
    ORDER BY addresses.id"""

Rows = list[tuple[Any, ...]]


def _lookups(rows: Rows) -> Iterator[Failed]:
    for subject, asked_at, types in rows:
        yield Failed(subject=subject, types=_ordered(types), asked_at=asked_at)


def _hosts(rows: Rows) -> Iterator[Failed]:
    for (domain, types), group in groupby(rows, key=lambda row: (row[3], _ordered(row[2]))):
        hosts = [(name, asked_at) for name, asked_at, *_ in group]
        if domain is None:
            yield from (Failed(subject=name, types=types, asked_at=asked_at) for name, asked_at in hosts)
        else:
            labels = tuple(name.removesuffix(f".{domain}") for name, _ in hosts)
            last = max(asked_at for _, asked_at in hosts)
            yield Failed(subject=domain, labels=labels, types=types, asked_at=last)


def _rank(rdtype: str) -> tuple[int, str]:
    return (_TYPES.index(rdtype) if rdtype in _TYPES else len(_TYPES)), rdtype


def _ordered(types: str) -> tuple[str, ...]:
    return tuple(sorted(types.split(","), key=_rank))


def _silent(rows: Rows) -> Iterator[Failed]:
    for address, asked_at, pinged, ports in rows:
        numbers = tuple(sorted(int(port) for port in ports.split(","))) if ports else ()
        yield Failed(subject=address, pinged=bool(pinged), ports=numbers, asked_at=asked_at)


_LOOKS: Final[tuple[tuple[str, str, Callable[[Rows], Iterator[Failed]]], ...]] = (
    ("domains", _failing("domain", "domains.name"), _lookups),
    ("hosts", _failing("host", "hosts.name", _GUESSED_FOR), _hosts),
    ("addresses", _failing("address", "address"), _lookups),
    ("addresses", _SILENT, _silent),
)
