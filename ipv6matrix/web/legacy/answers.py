"""
Computes the text of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web import domain_names
from ipv6matrix.web.legacy import texts
from ipv6matrix.web.legacy.forms import Form
from ipv6matrix.web.legacy.questions import Question
from ipv6matrix.web.legacy.resources import DOMAIN_FIELDS, FIGURES
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.sums import Figures, Slice, sums, whole

Row = dict[str, Any]

_SUGGESTIONS: Final = 20


def body(model: ReadModel, question: Question, form: Form) -> str | bytes | None:
    """Return the answer; None if nothing is found."""
    title = f"IPv6 Matrix: {question.resource}"
    if question.resource not in FIGURES:
        answer_rows = rows(model, question)
        return form.write(answer_rows, nested(question, answer_rows), title) if answer_rows else None
    figures, selection = FIGURES[question.resource], _slice(question)
    table = model.table(sums(figures, selection))
    return texts.write(form.word, table, _names(question, figures), selection.group, title) if table.num_rows else None


def rows(model: ReadModel, question: Question) -> list[Row]:
    """Return rows about domains, with the fields in their order."""
    if question.resource == "search":
        return [{"domain": name} for name in domain_names.search(model, question.name or "", _SUGGESTIONS)]
    query = select(*DOMAIN_FIELDS).where(DOMAINS.c.domain == question.name).order_by(DOMAINS.c.date)
    return [{name: _plain(value) for name, value in row.items()} for row in model.mappings(query)]


def nested(question: Question, rows: Sequence[Row]) -> Any:
    """Return a domain by date and name; a search as a plain list."""
    if question.resource == "search":
        return [row["domain"] for row in rows]
    return {
        row["date"]: {row["domain"]: {name: value for name, value in row.items() if name not in ("date", "domain")}}
        for row in rows
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return whole(round(value, 6))
    return value if isinstance(value, int | str) else value.isoformat()


def _names(question: Question, figures: Figures) -> list[str]:
    if question.resource == "country":
        return ["date", "country", *figures.fields]
    return ["date", *figures.fields, *([question.group] if question.group else [])]


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
