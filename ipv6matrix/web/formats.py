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

# What no XML 1.0 document may hold, not even as a reference (https://www.w3.org/TR/xml/#charsets).
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response>{inner}</response>\n'


def html_text(rows: Sequence[Row], title: str) -> str:
    """Write a page of one table, names in its first row."""
    names = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    lines = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>\n" for row in rows)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n'
        f"<table>\n<tr>{names}</tr>\n{lines}</table>\n</body></html>\n"
    )


def csv_text(rows: Sequence[Row]) -> str:
    """Write names, then rows, with LF; quoted where needed (RFC 4180)."""
    return csv_lines([tuple(rows[0]), *(row.values() for row in rows)])


def csv_lines(rows: Iterable[Iterable[Any]]) -> str:
    """Write rows without names."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _element(name: str, value: Any) -> str:
    return f"<{name}>{escape(_NO_XML.sub('', str(value)), quote=False)}</{name}>"


def _cell(value: Any) -> str:
    return f"<td>{escape(str(value))}</td>"


def _iso(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
