"""
From a question to the text of its answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, select

from ipv6matrix.summaries.prepared import deflate, pieces, texts
from ipv6matrix.summaries.prepared.deflate import Piece
from ipv6matrix.summaries.prepared.resources import DOMAIN_FIELDS, FIGURES
from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.codings import Body
from ipv6matrix.web.edition import Edition
from ipv6matrix.web.figures import Figures, Slice, table, tidy
from ipv6matrix.web.legacy.forms import Form
from ipv6matrix.web.legacy.questions import Question
from ipv6matrix.web.names import begins_with

Row = dict[str, Any]

_SUGGESTIONS: Final = 20


def body(connection: Connection, question: Question, form: Form, now: Edition) -> Body | None:
    """Write the answer; None when nothing is found."""
    title = f"IPv6 Matrix: {question.resource}"
    if question.resource in FIGURES:
        return _prepared(connection, question, form.word, title, now) or _written(
            connection, question, form.word, title, now
        )
    found = rows(connection, question)
    return form.write(found, nested(question, found), title) if found else None


def rows(connection: Connection, question: Question) -> list[Row]:
    """Give the rows about domains, with the fields in their order; none when nothing is found."""
    if question.resource == "search":
        return [{"domain": name} for name in _search(connection, question.name or "")]
    query = select(*DOMAIN_FIELDS).where(DOMAINS.c.domain == question.name).order_by(DOMAINS.c.date)
    return list(_rows(connection.execute(query)))


def nested(question: Question, rows: Sequence[Row]) -> Any:
    """Give a domain by date and name; a search is a plain list."""
    if question.resource == "search":
        return [row["domain"] for row in rows]
    return {
        row["date"]: {row["domain"]: {name: value for name, value in row.items() if name not in ("date", "domain")}}
        for row in rows
    }


def _search(connection: Connection, prefix: str) -> Iterable[str]:
    column = DOMAINS.c.domain
    query = select(column).distinct().where(begins_with(column, prefix)).order_by(column).limit(_SUGGESTIONS)
    return connection.scalars(query)


def _rows(found: CursorResult[Any]) -> Iterator[Row]:
    names = list(found.keys())
    columns = zip(names, zip(*found.all(), strict=True), strict=False)
    plain = [_plain(name, values) for name, values in columns]
    return (dict(zip(names, values, strict=True)) for values in zip(*plain, strict=True))


def _plain(name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name == "date":
        iso = cache(dt.date.isoformat)
        return [iso(value) for value in values]
    return tidy(values, 6 if name.endswith("ratio") else 3)


def _prepared(connection: Connection, question: Question, form: str, title: str, now: Edition) -> list[Piece] | None:
    """Put the answer together from pieces that were written with the crawls, where there are any."""
    is_all = not (question.tlds or question.types or question.least)
    if not now.has_totals or not is_all or question.group != pieces.GROUP:
        return None
    figures = FIGURES[question.resource]
    dates = now.by_table[figures.table.name]
    found = pieces.find(connection, question.resource, question.country or "", form, dates)
    return None if found is None else [*_framed(found, form, _names(question, figures), title)]


def _framed(found: Sequence[Piece], form: str, names: Sequence[str], title: str) -> Iterator[Piece]:
    yield deflate.stored(texts.head(form, names, title))
    between = deflate.stored(texts.between(form))
    for number, piece in enumerate(found):
        yield from (between, piece) if number else (piece,)
    yield deflate.stored(texts.foot(form))


def _written(connection: Connection, question: Question, form: str, title: str, now: Edition) -> bytes | None:
    figures = FIGURES[question.resource]
    asked = _slice(question)
    found, dates = table(connection, figures, asked, now)
    if not found.num_rows:
        return None
    told = {number: date.isoformat() for number, date in enumerate(dates)}
    names = _names(question, figures)
    written = texts.pieces(form, found, told, names, asked.group)
    return b"".join([texts.head(form, names, title), texts.between(form).join(written), texts.foot(form)])


def _names(question: Question, figures: Figures) -> list[str]:
    return pieces.names(figures, question.group, "country" if question.resource == "country" else None)


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
