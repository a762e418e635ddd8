"""
Computes the rows of readiness of a crawl, next to the rows of Domains.

Memory grows with the countries of a TLD, not with the domains.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from ipv6matrix.exceptions import ExportError
from ipv6matrix.readiness import stored
from ipv6matrix.readiness.levels import judge
from ipv6matrix.readiness.rules import VERSION
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import readiness
from ipv6matrix.store.queries.ranks import Brackets
from ipv6matrix.summaries.rows import DomainRow, Readiness, ReadinessBasis, ReadinessCounts, ReadinessRow

_Key = tuple[str, int, int]
_COUNTED: Final = attrgetter("tld")


def tag_of(store: Store) -> str:
    """Return the tag of the list of a crawl; empty for the main list."""
    return str((store.crawl() or {}).get("tag", ""))


def domains(store: Store, rows: Iterable[DomainRow]) -> Iterator[Readiness]:
    """Yield the readiness of each domain of a crawl; `rows` are its rows of Domains, in their order."""
    tag, basis, brackets = tag_of(store), readiness.basis(store), Brackets(store)
    for domain, row in zip(readiness.domains(store), rows, strict=True):
        if domain.name != row.domain:
            raise ExportError(f"{str(store.path)!r} changed while it was read: give the same command again")
        yield Readiness(
            date=row.date,
            tag=tag,
            tld=row.domain.rpartition(".")[2],
            country=row.country,
            bracket=brackets.of(row.domain),
            **stored.pack(judge(domain, basis)),
        )


def counted(store: Store, date: dt.date, rows: Iterable[Readiness]) -> Iterator[ReadinessRow]:
    """Yield the rows of domains, which come TLD by TLD, each TLD with its counts after it, and the basis of all."""
    tag, number = tag_of(store), 0
    for tld, of_tld in groupby(rows, _COUNTED):
        counts: defaultdict[_Key, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in of_tld:
            number += 1
            counts[row.country, row.bracket, row.certain][0] += 1
            counts[row.country, row.bracket, row.possible][1] += 1
            counts[row.country, row.bracket, row.certain][2] += row.certain != row.possible
            yield row
        for (country, bracket, level), (certain, possible, unknown) in sorted(counts.items()):
            yield ReadinessCounts(
                date=date,
                tag=tag,
                country=country,
                tld=tld,
                bracket=bracket,
                level=level,
                certain=certain,
                possible=possible,
                unknown=unknown,
            )
    basis = ",".join(sorted(readiness.basis(store)))
    yield ReadinessBasis(date=date, tag=tag, version=VERSION, basis=basis, domains=number)
