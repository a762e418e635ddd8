"""
Makes cells of CSV files safe: not executable in a spreadsheet, and without line ends or separators.

Text from the network may begin like a formula (`=cmd|…` is a valid label of a DNS
name). Quotes do not help against that, and the format of 2010 has no other
escape; so such an octet is written as \\DDD, its decimal code, which in a DNS name
means the same octet (RFC 1035 section 5.1, RFC 4343 section 2.1).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

# A cell that begins like this is a formula; a semicolon starts a new cell where the comma is the decimal separator.
_FORMULA: Final = "=+-@"
_CONTROLS: Final = r"\x00-\x1f\x7f;"
_UNSAFE: Final = re.compile(rf"^[{re.escape(_FORMULA)}]|[{_CONTROLS}]")
_UNSAFE_UNQUOTED: Final = re.compile(rf"^[{re.escape(_FORMULA)}]|[{_CONTROLS},]")
_TOKEN: Final = re.compile(r"\\\d{3}|\\?(.)", re.DOTALL)


def inert(value: Any) -> Any:
    """Return a value as a cell that may be quoted; only text needs escaping."""
    return _inert(value) if isinstance(value, str) else value


# The files of a domain repeat its names and addresses.
@lru_cache(1024)
def _inert(text: str) -> str:
    return _escaped(text, _UNSAFE) if _UNSAFE.search(text) else text


def unquoted(value: Any) -> Any:
    """Return a value as a cell of a file without quotes, where a comma would end it."""
    return _escaped(value, _UNSAFE_UNQUOTED) if isinstance(value, str) and _UNSAFE_UNQUOTED.search(value) else value


def _escaped(text: str, unsafe: re.Pattern[str]) -> str:
    def escape(token: re.Match[str]) -> str:
        character = token[1]
        is_unsafe = (
            character is not None and unsafe.match(character) and (token.start() == 0 or character not in _FORMULA)
        )
        return f"\\{ord(character):03d}" if is_unsafe else token[0]

    return _TOKEN.sub(escape, text)
