"""
From a question to rows, and to the nested form they have in JSON.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, select

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.figures import Slice, sums, tidy
from ipv6matrix.web.legacy.questions import Question
from ipv6matrix.web.legacy.resources import DOMAIN_FIELDS, FIGURES
from ipv6matrix.web.names import begins_with

Row = dict[str, Any]

_SUGGESTIONS: Final = 20


def rows(connection: Connection, question: Question, *, prepared: bool) -> list[Row]:
    """
    Give the rows, with the fields in their order; none when nothing is found.

    `prepared` says that the database has totals.
    """
    if question.resource == "search":
        return [{"domain": name} for name in _search(connection, question.name or "")]
    if question.resource == "domain":
        query = select(*DOMAIN_FIELDS).where(DOMAINS.c.domain == question.name).order_by(DOMAINS.c.date)
    else:
        query = sums(FIGURES[question.resource], _slice(question), prepared=prepared)
    return list(_rows(question, connection.execute(query)))


def nested(question: Question, rows: Sequence[Row]) -> Any:
    """Give rows by date, then by what else tells them apart; a search is a plain list."""
    if question.resource == "search":
        return [row["domain"] for row in rows]
    key = question.resource if question.resource in ("domain", "country") else question.group
    tree: dict[str, Any] = {}
    for row in rows:
        leaf = dict(row)
        date = leaf.pop("date")
        if key is None:
            tree[date] = leaf
        else:
            tree.setdefault(date, {})[leaf.pop(key)] = leaf
    return tree


def _search(connection: Connection, prefix: str) -> Iterable[str]:
    column = DOMAINS.c.domain
    query = select(column).distinct().where(begins_with(column, prefix)).order_by(column).limit(_SUGGESTIONS)
    return connection.scalars(query)


def _slice(question: Question) -> Slice:
    return Slice(
        group="country" if question.resource == "country" else question.group,
        only={
            "country": (question.country,) if question.country else (),
            "tld": question.tlds,
            "type": question.types,
        },
        least=question.least,
    )


def _rows(question: Question, found: CursorResult[Any]) -> Iterator[Row]:
    names = list(found.keys())
    columns = dict(zip(names, zip(*found.all(), strict=True), strict=False))
    if question.resource == "country":
        # It has its place before the figures.
        names.insert(1, names.pop())
    plain = [_plain(name, columns.get(name, ())) for name in names]
    return (dict(zip(names, values, strict=True)) for values in zip(*plain, strict=True))


def _plain(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name == "date":
        iso = cache(dt.date.isoformat)
        return [iso(value) for value in values]
    return tidy(values, 6 if name.endswith("ratio") else 3)
