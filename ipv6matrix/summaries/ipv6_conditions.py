"""
The definition of `ipv6` as conditions on rows of Domains, in SQL.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, case

from ipv6matrix.summaries.ipv6 import COLUMNS


def state_of(table: FromClause) -> ColumnElement[str]:
    """Return the state of a row: yes, no or unknown."""
    return case((has_ipv6(table), "yes"), (is_unknown(table), "unknown"), else_="no")


def has_ipv6(table: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of Domains has IPv6."""
    first, *others = (table.c[name] for name in COLUMNS)
    return sum(others, first) > 0


def is_unknown(table: FromClause) -> ColumnElement[bool]:
    """Return the condition that no host is known to have IPv6, and that something is unknown."""
    return ~has_ipv6(table) & (table.c.unknown > 0)
