"""
Rows of figures as text, in the forms of the API of 2022: JSON, XML, HTML and CSV.

A long answer is made of one piece for each date, between a head and a foot, so
pieces can be written long before the question. Text is made a column at a time.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ipv6matrix.summaries.prepared.columns import repeated

# What no XML 1.0 document may hold, not even as a reference (https://www.w3.org/TR/xml/#charsets).
NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Form:
    """How rows are written."""

    before: Callable[[str], str]
    "What stands before the value of a name."
    after: Callable[[str], str]
    word: Callable[[str], str]
    "How a word is written, as a date or a TLD."
    head: Callable[[Sequence[str], str], str]
    "What an answer begins with, by its names and its title."
    foot: str
    row: tuple[str, str] = ("", "")
    "What stands around a row."
    between: str = ""
    "Between values, between rows, and between pieces."


def xml_word(text: str) -> str:
    """Write a text so that XML may hold it."""
    return escape(NO_XML.sub("", text), quote=False)


def html_head(names: Sequence[str], title: str) -> str:
    """Begin a page of one table, names in its first row."""
    told = "".join(f"<th>{escape(name)}</th>" for name in names)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n<table>\n<tr>{told}</tr>\n'


def csv_words(words: Sequence[Any]) -> str:
    """Write words between commas; quoted where needed (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(words)
    return text.getvalue()


HTML_FOOT: Final = "</table>\n</body></html>\n"
XML_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<response>'
XML_FOOT: Final = "</response>\n"

FORMS: Final = {
    "json": Form(
        before=lambda name: f'"{name}":',
        after=lambda _: "",
        word=lambda word: orjson.dumps(word).decode(),
        head=lambda *_: "{",
        foot="}",
        row=("{", "}"),
        between=",",
    ),
    "xml": Form(
        before=lambda name: f"<{name}>",
        after=lambda name: f"</{name}>",
        word=xml_word,
        head=lambda *_: XML_HEAD,
        foot=XML_FOOT,
        row=("<row>", "</row>"),
    ),
    "html": Form(
        before=lambda _: "<td>",
        after=lambda _: "</td>",
        word=escape,
        head=html_head,
        foot=HTML_FOOT,
        row=("<tr>", "</tr>\n"),
    ),
    "csv": Form(
        before=lambda _: "",
        after=lambda _: "",
        word=lambda word: csv_words([word]),
        head=lambda names, _: f"{csv_words(names)}\n",
        foot="",
        row=("", "\n"),
    ),
}


def head(form: str, names: Sequence[str], title: str) -> bytes:
    """Give what stands before the first piece."""
    return FORMS[form].head(names, title).encode()


def foot(form: str) -> bytes:
    """Give what stands after the last piece."""
    return FORMS[form].foot.encode()


def between(form: str) -> bytes:
    """Give what stands between two pieces."""
    return FORMS[form].between.encode() if form == "json" else b""


def pieces(form: str, found: pa.Table, dates: Mapping[int, str], names: Sequence[str], key: str | None) -> list[bytes]:
    """
    Write one piece for each date that has rows.

    `found` has them sorted by `date`, a key of `dates`; `names` is their order.
    In JSON `key` names the column by which the rows of a date are told apart.
    """
    numbers, counts = runs(found)
    values = {name: _values(FORMS[form], found[name]) for name in names if name != "date"}
    values["date"] = _words([dates[number] for number in numbers], counts, FORMS[form])
    rows = _rows(FORMS[form], values, names) if form != "json" else _leaves(values, names, key)
    joined = _joined(rows, counts, FORMS[form].between if form == "json" else "")
    if form != "json":
        return joined
    around = (b"{", b"}") if key else (b"", b"")
    return [
        b'"%s":%s%s%s' % (dates[n].encode(), around[0], text, around[1])
        for n, text in zip(numbers, joined, strict=True)
    ]


def runs(found: pa.Table) -> tuple[list[int], list[int]]:
    """Give the dates' numbers and how many rows each has."""
    ended = pc.run_end_encode(found["date"].combine_chunks())
    ends = ended.run_ends.to_pylist()
    return ended.values.to_pylist(), [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def _words(words: Sequence[str], counts: Sequence[int], form: Form) -> pa.Array:
    return repeated([form.word(word) for word in words], counts, pa.string())


def _values(form: Form, column: pa.ChunkedArray) -> pa.Array:
    """Write a column: words in the form's own way, numbers alike in all of them."""
    values = column.combine_chunks()
    if pa.types.is_string(values.type):
        known = values.dictionary_encode()
        return pa.array([form.word(word) for word in known.dictionary.to_pylist()], pa.string()).take(known.indices)
    if pa.types.is_floating(values.type):
        return _decimals(values)
    return values.cast(pa.string())


def _decimals(values: pa.Array) -> pa.Array:
    """Write numbers with three digits at most, and no point where there is nothing behind it."""
    thousands = pc.multiply(values, 1000.0)
    rounded = pc.round(thousands)
    # Where the last digit hangs by a hair, or numbers are huge, Python knows better; slower.
    is_sure = pc.and_(pc.less(pc.abs(pc.subtract(thousands, rounded)), 0.499), pc.less(pc.abs(values), 1e9))
    if not pc.all(is_sure, min_count=0).as_py():
        return pa.array(list(map(_plain, values.to_pylist())), pa.string())
    numbers = pc.divide(rounded, 1000.0)
    whole = pc.floor(numbers)
    return pc.if_else(pc.equal(numbers, whole), whole.cast(pa.int64()).cast(pa.string()), numbers.cast(pa.string()))


def _plain(value: float) -> str:
    rounded = round(value, 3)
    return str(int(rounded)) if rounded.is_integer() else repr(rounded)


def _leaves(values: Mapping[str, pa.Array], names: Sequence[str], key: str | None) -> pa.Array:
    form = FORMS["json"]
    rows = _rows(form, values, [name for name in names if name not in ("date", key)])
    return pc.binary_join_element_wise(values[key], rows, ":") if key else rows


def _rows(form: Form, values: Mapping[str, pa.Array], names: Sequence[str]) -> pa.Array:
    """Write each row, its values in this order."""
    parts: list[Any] = []
    text = form.row[0]
    comma = "," if form in (FORMS["json"], FORMS["csv"]) else ""
    for place, name in enumerate(names):
        parts += [text + (comma if place else "") + form.before(name), values[name]]
        text = form.after(name)
    return pc.binary_join_element_wise(*parts, text + form.row[1], "")


def _joined(rows: pa.Array, counts: Sequence[int], separator: str) -> list[bytes]:
    ends = [0]
    for count in counts:
        ends.append(ends[-1] + count)
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), rows)
    found: list[bytes] = pc.binary_join(lists, separator).cast(pa.binary()).to_pylist()
    return found
