"""
Row numbers that follow from names: parts of a crawl that were written apart refer to the same rows.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from ipv6matrix.store.database import Store

# The tables that others refer to, with the column that names their rows, and their name as owners of lookups.
NAMED: Final = {"domains": ("name", "domain"), "hosts": ("name", "host"), "addresses": ("address", "address")}
_FUNCTION: Final = "number_of"
_BYTES: Final = 8


def number(name: str | None) -> int | None:
    """Return the number of a name, from 0 to 2^63 - 1."""
    if name is None:
        return None
    return int.from_bytes(blake2b(name.encode(), digest_size=_BYTES).digest(), "big") >> 1


def columns(store: Store, table: str) -> list[str]:
    """Return SQL for each column of a table, with the numbers of names in place of row numbers."""
    store.define(_FUNCTION, number)
    targets = {row[3]: row[2] for row in store.query(f"PRAGMA foreign_key_list({table})")}
    return [_column(table, row[1], targets.get(row[1])) for row in store.query(f"PRAGMA table_info({table})")]


def _column(table: str, name: str, target: str | None) -> str:
    if name == "id" and table in NAMED:
        return f"{_FUNCTION}({NAMED[table][0]})"
    if name == "owner_id":
        cases = [
            f"WHEN '{owner}' THEN {_of_row(named_table, table, name)}" for named_table, (_, owner) in NAMED.items()
        ]
        return f"CASE owner {' '.join(cases)} END"
    return _of_row(target, table, name) if target else name


def _of_row(target: str, table: str, column: str) -> str:
    """Return SQL for the number of the row of another table to which a column refers."""
    name, _ = NAMED[target]
    return f"{_FUNCTION}((SELECT named.{name} FROM main.{target} AS named WHERE named.id = {table}.{column}))"
