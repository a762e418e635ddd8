"""
Readiness in the read model: the crawls of a list, which of them can be compared, and what they found of domains.

Levels of crawls with another version of the rules, or with another basis, are never compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, select

from ipv6matrix.readiness.levels import Level
from ipv6matrix.summaries import level_changes
from ipv6matrix.summaries.tables import MAIN, READINESS, READINESS_BASIS
from ipv6matrix.web.problems import NotFoundError
from ipv6matrix.web.read_model.model import ReadModel

_BASIS: Final = READINESS_BASIS.c
_ONE, _TWO = READINESS.alias("one"), READINESS.alias("two")
# Of lists: reasons are long, and shown with a domain.
_SHORT: Final = [column.name for column in READINESS.columns if column.name != "reasons"]


@dataclass(frozen=True, slots=True)
class Crawl:
    """The readiness of one list in one crawl."""

    date: dt.date
    tag: str
    version: int
    "Of the rules."
    basis: tuple[str, ...]
    domains: int

    def is_comparable(self, other: Crawl) -> bool:
        """Check whether levels of both crawls mean the same."""
        return (self.tag, self.version, self.basis) == (other.tag, other.version, other.basis)


def crawls(model: ReadModel, tag: str | None = None) -> list[Crawl]:
    """Return the crawls of a list, or of all lists, the earliest first."""
    query = select(READINESS_BASIS).order_by(_BASIS.date, _BASIS.tag)
    if tag is not None:
        query = query.where(_BASIS.tag == tag)
    return [
        Crawl(row["date"], row["tag"], row["version"], tuple(row["basis"].split(",")), row["domains"])
        for row in model.mappings(query)
    ]


def latest(model: ReadModel) -> list[Crawl]:
    """Return the last crawl of each list, the main one first."""
    last = {crawl.tag: crawl for crawl in crawls(model)}
    return [last[tag] for tag in sorted(last)]


def choose(available: Sequence[Crawl], date: dt.date | None = None) -> Crawl:
    """Return the crawl of a date; the last one by default. Raises NotFoundError."""
    if not available:
        raise NotFoundError("No crawl has tested the readiness of this list")
    crawl = available[-1] if date is None else next((other for other in available if other.date == date), None)
    if crawl is None:
        raise NotFoundError(f"No crawl of {date} has tested the readiness of this list")
    return crawl


def series(available: Sequence[Crawl], crawl: Crawl) -> list[Crawl]:
    """Return the crawls that can be compared with one, which is among them."""
    return [candidate for candidate in available if candidate.is_comparable(crawl)]


def before(available: Sequence[Crawl], crawl: Crawl) -> Crawl | None:
    """Return the last crawl before one that can be compared with it."""
    return next((candidate for candidate in reversed(series(available, crawl)) if candidate.date < crawl.date), None)


def pair(available: Sequence[Crawl], from_: dt.date | None = None, to: dt.date | None = None) -> tuple[Crawl, Crawl]:
    """Return the two crawls to compare; by default the last one and the one before it. Raises NotFoundError."""
    later = choose(available, to)
    earlier = before(available, later) if from_ is None else choose(available, from_)
    if earlier is None:
        raise NotFoundError(f"No crawl before {later.date} can be compared with it")
    if not earlier.is_comparable(later):
        raise NotFoundError(
            f"The crawls of {earlier.date} and {later.date} cannot be compared:"
            " their rules or what they measured differ"
        )
    return earlier, later


def domains(crawl: Crawl) -> Select[Any]:
    """Return the query for the domains of a crawl, by name."""
    chosen = and_(READINESS.c.date == crawl.date, READINESS.c.tag == crawl.tag)
    return select(*(READINESS.c[name] for name in _SHORT)).where(chosen).order_by(READINESS.c.domain)


def moved(earlier: Crawl, later: Crawl, change: str | None = None) -> Select[Any]:
    """Return the query for the domains whose level rose or fell, by name."""
    query = level_changes.changes(earlier.date, later.date, later.tag)
    return query.where(query.selected_columns.change == change) if change else query


def famous(earlier: Crawl, later: Crawl) -> Select[Any]:
    """Return the query for the domains that certainly work over IPv6 alone in both crawls, by name."""
    certainly = [table.c.certain >= int(Level.IPV6_ONLY) for table in (_ONE, _TWO)]
    return (
        select(*(_TWO.c[name] for name in _SHORT))
        .join_from(_ONE, _TWO, and_(_ONE.c.domain == _TWO.c.domain, _ONE.c.tag == _TWO.c.tag))
        .where(_TWO.c.tag == later.tag, _ONE.c.date == earlier.date, _TWO.c.date == later.date, *certainly)
        .order_by(_TWO.c.domain)
    )


def of_place(query: Select[Any], *, country: str | None = None, after: str | None = None) -> Select[Any]:
    """Return a query of domains for one country only, or for the names after one."""
    columns = query.selected_columns
    if country:
        query = query.where(columns.country == country.upper())
    return query.where(columns.domain > after.lower()) if after else query


def history(model: ReadModel, name: str, tag: str | None = None) -> list[tuple[Crawl, Mapping[str, Any]]]:
    """
    Return what the crawls of a list found of a domain, the earliest first, with the crawl.

    By default that is the main list, or else the list that tested it last.
    """
    rows = model.mappings(select(READINESS).where(READINESS.c.domain == name).order_by(READINESS.c.date))
    if not rows:
        return []
    tags = {row["tag"] for row in rows}
    chosen = tag if tag is not None else MAIN if MAIN in tags else rows[-1]["tag"]
    by_date = {crawl.date: crawl for crawl in crawls(model, chosen)}
    return [(by_date[row["date"]], row) for row in rows if row["tag"] == chosen]


def tags_of(model: ReadModel, name: str) -> list[str]:
    """Return the lists in which a domain was tested, the main one first."""
    query = select(READINESS.c.tag).where(READINESS.c.domain == name).distinct()
    return sorted(model.scalars(query))
