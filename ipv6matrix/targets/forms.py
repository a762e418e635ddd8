"""
Formats of lists: which part of a line is the domain, detected by the first rows.

Supported are one name per line; CSV with commas, semicolons or tabs, with a
header (Majestic, CrUX, Cloudflare Radar) or without (Tranco, Umbrella); URLs
instead of names; and hosts files.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from ipv6matrix.exceptions import ListError

# Number of rows used to detect a format.
SAMPLE: Final = 200
_SEPARATORS: Final = {",": "commas", "\t": "tabs", ";": "semicolons"}
# Names of the column with the domain, in headers of published lists and of tables made by hand.
_COLUMNS: Final = (
    "domain",
    "domains",
    "domain name",
    "domain_name",
    "hostname",
    "host",
    "origin",
    "site",
    "website",
    "url",
)
_MAJESTIC: Final = "globalrank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How to read the rows of a text."""

    separator: str = ""
    "Column separator; empty for one name per line."
    column: int = 0
    header: bool = False
    "Whether the first row contains the names of the columns."
    urls: bool = False
    "Whether rows contain URLs instead of names."
    hosts: bool = False
    "Whether lines consist of an address and names, as in /etc/hosts."
    ranked: bool = False
    "Whether the first column numbers the rows: 1, 2, 3 and so on."

    def __str__(self) -> str:
        header = ", below a header" if self.header else ""
        contents = "URLs" if self.urls else "names"
        if self.hosts:
            return "a hosts file"
        if not self.separator:
            return f"{contents}, one a line{header}"
        return f"{contents} in column {self.column + 1} of a table with {_SEPARATORS[self.separator]}{header}"


def row(line: str) -> str:
    """Return a line without surrounding whitespace; empty for a blank line or a comment."""
    text = line.strip()
    return "" if text.startswith("#") else text


def recognise(rows: Sequence[str], is_domain: Callable[[str], bool]) -> Form:
    """
    Return the format of a text, detected by its first rows.

    Raises ListError for a table in Majestic's format without a domain column.
    """
    if _most(_is_line_of_hosts(text) for text in rows):
        return Form(hosts=True)
    separator = next((mark for mark in _SEPARATORS if _most(mark in text for text in rows)), "")
    table = [cells(text, separator) for text in rows]
    header = bool(table) and _is_header(table, separator, is_domain)
    column = _column(table, header=header, is_domain=is_domain)
    body = [columns[column] for columns in table[header:] if len(columns) > column]
    urls = ["://" in cell for cell in body]
    numbers = [columns[0] for columns in table[header:]] if column else []
    return Form(
        separator=separator,
        column=column,
        header=header,
        urls=any(urls) if separator or header else _most(urls),
        ranked=bool(numbers) and numbers == [str(rank) for rank in range(1, len(numbers) + 1)],
    )


def entries(form: Form, rows: Iterable[str]) -> Iterator[str]:
    """Yield the entries of rows without the header; an empty string for a row without an entry."""
    skips = form.header
    read = _reader(form)
    for text in rows:
        if not text or skips:
            skips = skips and not text
            yield ""
        elif form.hosts:
            yield from text.partition("#")[0].split()[1:] or ("",)
        else:
            yield read(text)


def cells(text: str, separator: str) -> list[str]:
    """Return the unquoted columns of a row. Rows are parsed separately, so that a stray quote spoils only one row."""
    if not separator:
        return [text.partition("#")[0].strip().strip('"')]
    parts = next(csv.reader([text], delimiter=separator)) if '"' in text else text.split(separator)
    return [part.strip() for part in parts]


def _reader(form: Form) -> Callable[[str], str]:
    """Return a function that extracts the entry of a row; one for each format, because lists have millions of rows."""
    separator, column = form.separator, form.column

    def name(text: str) -> str:
        return cells(text, "")[0] if "#" in text or '"' in text else text

    def cell(text: str) -> str:
        parts = cells(text, separator) if '"' in text else text.split(separator, column + 1)
        return parts[column].strip() if len(parts) > column else ""

    plain = cell if separator else name
    return (lambda text: _host(plain(text))) if form.urls else plain


def _host(url: str) -> str:
    """Return the host of a URL as written; text that is not a URL is returned unchanged."""
    host = url.partition("://")[2] or url
    for mark in "/?#":
        host = host.partition(mark)[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _is_line_of_hosts(text: str) -> bool:
    words = text.split(None, 2)
    if len(words) < 2:
        return False
    try:
        ip_address(words[0].partition("%")[0])
    except ValueError:
        return False
    return True


def _is_header(table: Sequence[Sequence[str]], separator: str, is_domain: Callable[[str], bool]) -> bool:
    first = [cell.lower() for cell in table[0]]
    if any(name in first for name in _COLUMNS):
        return True
    # A first row without domains above rows with domains. Without columns, an invalid first name is a rejected entry.
    return bool(separator) and not _domains(table[:1], is_domain) and bool(_domains(table[1:2], is_domain))


def _column(table: Sequence[Sequence[str]], *, header: bool, is_domain: Callable[[str], bool]) -> int:
    """Return the index of the domain column: by its name or, without a header, the column with the most domains."""
    first = [cell.lower() for cell in table[0]] if table else []
    if header:
        for name in _COLUMNS:
            if name in first:
                return first.index(name)
    if first[:1] == [_MAJESTIC]:
        raise ListError(f"The list begins like a Majestic CSV but has no column 'Domain': {','.join(table[0])!r}")
    domain_columns = _domains(table, is_domain)
    return max(sorted(set(domain_columns)), key=domain_columns.count, default=min(1, len(first) - 1) if first else 0)


def _domains(table: Iterable[Sequence[str]], is_domain: Callable[[str], bool]) -> list[int]:
    """Return the column index of every cell that is a domain."""
    return [number for columns in table for number, cell in enumerate(columns) if is_domain(_host(cell))]


def _most(truths: Iterable[bool]) -> bool:
    """Return whether more than half of the values are true."""
    values = list(truths)
    return sum(values) * 2 > len(values)
