"""
Rows as text: JSON, XML, HTML and CSV. All rows have the same names.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import orjson

Row = Mapping[str, Any]

# Characters that XML 1.0 forbids, even as references (https://www.w3.org/TR/xml/#charsets).
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

XML_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<response>'
XML_FOOT: Final = "</response>\n"
HTML_FOOT: Final = "</table>\n</body></html>\n"


def json_text(data: Any) -> str:
    """Return JSON; dates are ISO 8601."""
    try:
        return orjson.dumps(data).decode()
    except orjson.JSONEncodeError:
        # It rejects half a surrogate pair, and does not say which value has no JSON form.
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_iso)


def write(word: str, rows: Sequence[Row], title: str) -> str:
    """Return rows as xml, html or csv."""
    if word == "xml":
        return xml_text(rows)
    return html_text(rows, title) if word == "html" else csv_text(rows)


def xml_text(rows: Sequence[Row]) -> str:
    """Return one element per row, and in it one per value."""
    inner = "".join(f"<row>{''.join(_element(*pair) for pair in row.items())}</row>" for row in rows)
    return f"{XML_HEAD}{inner}{XML_FOOT}"


def html_text(rows: Sequence[Row], title: str) -> str:
    """Return a page with one table, names in its first row."""
    lines = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>\n" for row in rows)
    return f"{html_head(list(rows[0]), title)}{lines}{HTML_FOOT}"


def csv_text(rows: Sequence[Row]) -> str:
    """Return names, then rows, with LF; quoted where needed (RFC 4180)."""
    return csv_lines([tuple(rows[0]), *(row.values() for row in rows)])


def csv_lines(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows without names."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def xml_word(text: str) -> str:
    """Return a text as XML may contain it."""
    return escape(_NO_XML.sub("", text), quote=False)


def html_head(names: Sequence[str], title: str) -> str:
    """Return the beginning of a page of one table, names in its first row."""
    cells = "".join(f"<th>{escape(name)}</th>" for name in names)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n<table>\n<tr>{cells}</tr>\n'


def _element(name: str, value: Any) -> str:
    return f"<{name}>{xml_word(str(value))}</{name}>"


def _cell(value: Any) -> str:
    return f"<td>{escape(str(value))}</td>"


def _iso(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
