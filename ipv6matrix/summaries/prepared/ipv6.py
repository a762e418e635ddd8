"""
Whether a domain has IPv6: yes, no, or nobody knows. An error is no absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, case

from ipv6matrix.summaries.tables import DOMAINS

_COLUMNS: Final = ("www_hosts6", "mx_hosts6", "ns_hosts6", "ntp_hosts6")


def state(row: Mapping[Any, Any]) -> str:
    """Give yes, no or unknown for a row of Domains."""
    if any(row[name] for name in _COLUMNS):
        return "yes"
    return "unknown" if row["unknown"] else "no"


def state_of(table: FromClause = DOMAINS) -> ColumnElement[str]:
    """Give the same word in SQL."""
    return case((has_ipv6(table), "yes"), (is_unknown(table), "unknown"), else_="no")


def has_ipv6(table: FromClause = DOMAINS) -> ColumnElement[bool]:
    """Tell that some host has a usable IPv6 address."""
    first, *others = (table.c[name] for name in _COLUMNS)
    return sum(others, first) > 0


def is_unknown(table: FromClause = DOMAINS) -> ColumnElement[bool]:
    """Tell that none has, as far as is known, and a question failed."""
    return ~has_ipv6(table) & (table.c.unknown > 0)
