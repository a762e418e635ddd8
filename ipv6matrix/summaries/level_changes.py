"""
Which domains gained or lost a level between two crawls.

A level has changed only if both its bounds have moved the same way: a bound that moves alone shows that more
or less is known. Crawls are compared only if they have the same rules and basis.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, or_, select

from ipv6matrix.summaries.tables import MAIN, READINESS, READINESS_BASIS

GAINED: Final = "gained"
LOST: Final = "lost"


def changes(before: dt.date, now: dt.date, tag: str = MAIN) -> Select[Any]:
    """
    Return the query for the domains of both dates whose level has changed; without rows for crawls that differ.

    Columns: domain, tld, country (of the later date), change, and the bounds of both dates.
    """
    old, new = READINESS.alias("old"), READINESS.alias("new")
    return (
        select(
            new.c.domain,
            new.c.tld,
            new.c.country,
            case((_has_gained(old, new), GAINED), else_=LOST).label("change"),
            old.c.certain.label("certain_before"),
            old.c.possible.label("possible_before"),
            new.c.certain,
            new.c.possible,
        )
        .join_from(old, new, and_(new.c.domain == old.c.domain, new.c.tag == old.c.tag))
        .where(old.c.date == before, new.c.date == now, old.c.tag == tag)
        .where(new.c.date.in_(comparable(before, tag).order_by(None)))
        .where(or_(_has_gained(old, new), _has_gained(new, old)))
        .order_by(new.c.domain)
    )


def comparable(date: dt.date, tag: str = MAIN) -> Select[Any]:
    """Return the query for the dates, the earliest first, whose levels may be compared with those of a date."""
    this, other = READINESS_BASIS.alias("this"), READINESS_BASIS.alias("other")
    return (
        select(other.c.date)
        .join_from(this, other, and_(*(this.c[name] == other.c[name] for name in ("tag", "version", "basis"))))
        .where(this.c.date == date, this.c.tag == tag)
        .order_by(other.c.date)
    )


def _has_gained(old: FromClause, new: FromClause) -> ColumnElement[bool]:
    return and_(new.c.certain > old.c.certain, new.c.possible > old.c.possible)
