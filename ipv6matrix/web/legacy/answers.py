"""
From a question to rows, and to the nested form they have in JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.figures import number, sums
from ipv6matrix.web.legacy.questions import Question
from ipv6matrix.web.legacy.resources import DOMAIN_FIELDS, FIGURES
from ipv6matrix.web.names import begins_with

Row = dict[str, Any]

_SUGGESTIONS: Final = 20


def rows(connection: Connection, question: Question) -> list[Row]:
    """Give the rows, with the fields in their order; none when nothing is found."""
    if question.resource == "search":
        return [{"domain": name} for name in _search(connection, question.name or "")]
    if question.resource == "domain":
        query = select(*DOMAIN_FIELDS).where(DOMAINS.c.domain == question.name).order_by(DOMAINS.c.date)
    else:
        figures = FIGURES[question.resource]
        group = "country" if question.resource == "country" else question.group
        query = sums(figures, group=group, where=_conditions(question), least=question.least)
    return [_row(question, row) for row in connection.execute(query).mappings()]


def nested(question: Question, rows: Sequence[Row]) -> Any:
    """Give rows by date, then by what else tells them apart; a search is a plain list."""
    if question.resource == "search":
        return [row["domain"] for row in rows]
    key = question.resource if question.resource in ("domain", "country") else question.group
    tree: dict[str, Any] = {}
    for row in rows:
        leaf = {name: value for name, value in row.items() if name not in ("date", key)}
        if key is None:
            tree[row["date"]] = leaf
        else:
            tree.setdefault(row["date"], {})[row[key]] = leaf
    return tree


def _search(connection: Connection, prefix: str) -> Iterable[str]:
    column = DOMAINS.c.domain
    query = select(column).distinct().where(begins_with(column, prefix)).order_by(column).limit(_SUGGESTIONS)
    return connection.scalars(query)


def _conditions(question: Question) -> Iterator[ColumnElement[bool]]:
    columns = FIGURES[question.resource].table.c
    if question.country:
        yield columns.country == question.country
    if question.tlds:
        yield columns.tld.in_(question.tlds)
    if question.types:
        yield columns.type.in_(question.types)


def _row(question: Question, values: Any) -> Row:
    row = {name: number(value, 6 if name.endswith("ratio") else 3) for name, value in values.items()}
    row["date"] = row["date"].isoformat()
    if question.resource == "country":
        return {"date": row.pop("date"), "country": row.pop("country"), **row}
    return row
