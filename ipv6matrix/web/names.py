"""
Names of domains in questions: how they are compared.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ColumnElement, and_

# Behind every character that a name may have (RFC 1123 section 2.1), and ASCII:
# whatever the character set of a table, it can be compared with this.
_BEHIND: Final = "\x7f"


def begins_with(column: Column[Any], prefix: str) -> ColumnElement[bool]:
    """Tell which names begin so; a range, for which every database uses its index, where `_` and `%` mean nothing."""
    return and_(column >= prefix, column < prefix + _BEHIND)
