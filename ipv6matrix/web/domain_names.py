"""
Search for domains by names as people type them.

A text matches the domains that begin with it. If there are none, it matches the domain in a URL or an e-mail address,
a name with a final dot, or the parent domain of a host name: `https://www.example.org/x`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import idna
from sqlalchemy import Column, ColumnElement, and_, false, select

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.read_model.model import ReadModel
from ipv6matrix.web.read_model.schema import IDN, NAMES

# Greater than every character of a stored name, and than every character.
_GREATEST: Final = "\x7f"
_GREATEST_OF_ALL: Final = "\U0010ffff"
_LONGEST: Final = 2_000
# IDNA maps them all to a dot (RFC 5895 section 2).
_DOTS: Final = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})

Condition = ColumnElement[bool]
Reading = Callable[[Column[Any]], Condition]
"Makes the condition on a column of names."


def search(model: ReadModel, typed: str, limit: int) -> list[str]:
    """Return the first domains of all crawls that a text means, in order."""
    for reading in _readings(_plain(typed)):
        query = select(NAMES.c.domain).where(reading(NAMES.c.domain)).order_by(NAMES.c.domain).limit(limit)
        if names := model.scalars(query):
            return names
    return []


def meaning(model: ReadModel, typed: str) -> Condition:
    """Return the condition that a row of Domains is one of the domains that a text means."""
    for reading in _readings(_plain(typed)):
        if model.rows(select(NAMES.c.domain).where(reading(NAMES.c.domain)).limit(1)):
            return reading(DOMAINS.c.domain)
    return false()


def a_label(label: str) -> str:
    """Return a label as it is stored: `xn--p1ai` for `рф`. What cannot be encoded stays as it is."""
    try:
        return label if label.isascii() else idna.encode(label, uts46=True).decode()
    except idna.IDNAError:
        return label


def _plain(typed: str) -> str:
    # Half a surrogate pair is in no name, and in no statement.
    return typed[:_LONGEST].encode("utf-8", "replace").decode().strip().lower()


def _readings(text: str) -> Iterator[Reading]:
    """Yield what a text may mean, the most likely first."""
    if not text:
        return
    yield _begins_with(text)
    host = _host(text).translate(_DOTS)
    if host != text and host:
        yield _begins_with(host)
    name = ".".join(map(a_label, host.strip(".").split(".")))
    while "." in name:
        yield _is(name)
        name = name.partition(".")[2]


def _is(name: str) -> Reading:
    return lambda column: column == name


def _begins_with(text: str) -> Reading:
    """Return the condition that a name begins with a text; a range, in which `_` and `%` are ordinary characters."""
    if text.isascii():
        return lambda column: _between(column, text, _GREATEST)
    # The A-labels of `münch` and `münchen` have no beginning in common.
    matches = select(IDN.c.domain).where(_between(IDN.c.unicode, _mapped(text), _GREATEST_OF_ALL))
    return lambda column: column.in_(matches)


def _between(column: Column[Any], prefix: str, greatest: str) -> Condition:
    return and_(column >= prefix, column < prefix + greatest)


def _mapped(text: str) -> str:
    try:
        return idna.uts46_remap(text, std3_rules=False)
    except idna.IDNAError:
        return text


def _host(text: str) -> str:
    """Return the host in the address of a page or of a mailbox; any other text is a host itself."""
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        return text
    return host or ""
