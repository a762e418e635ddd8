"""
Rows as text: JSON, XML, HTML and CSV. All rows have the same names.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import orjson

from ipv6matrix.summaries.prepared import texts

Row = Mapping[str, Any]


def json_text(data: Any) -> str:
    """Write JSON; dates are ISO 8601."""
    try:
        return orjson.dumps(data).decode()
    except orjson.JSONEncodeError:
        # It knows no half of a surrogate pair, and says less of what has no form.
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_iso)


def xml_text(rows: Sequence[Row]) -> str:
    """Write one element a row, and in it one a value."""
    inner = "".join(f"<row>{''.join(_element(*pair) for pair in row.items())}</row>" for row in rows)
    return f"{texts.XML_HEAD}{inner}{texts.XML_FOOT}"


def html_text(rows: Sequence[Row], title: str) -> str:
    """Write a page of one table, names in its first row."""
    lines = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>\n" for row in rows)
    return f"{texts.html_head(list(rows[0]), title)}{lines}{texts.HTML_FOOT}"


def csv_text(rows: Sequence[Row]) -> str:
    """Write names, then rows, with LF; quoted where needed (RFC 4180)."""
    return csv_lines([tuple(rows[0]), *(row.values() for row in rows)])


def csv_lines(rows: Iterable[Iterable[Any]]) -> str:
    """Write rows without names."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _element(name: str, value: Any) -> str:
    return f"<{name}>{texts.xml_word(str(value))}</{name}>"


def _cell(value: Any) -> str:
    return f"<td>{escape(str(value))}</td>"


def _iso(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
