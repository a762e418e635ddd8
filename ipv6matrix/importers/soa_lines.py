"""
Reads lines of soa_NS files: plain commas, even if a name contains one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ipv6matrix.importers import facts
from ipv6matrix.importers.texts import UNKNOWN, BrokenError, domain
from ipv6matrix.store.imported import Soa

_COLUMNS: Final = 13


def read(line: str, name_servers: Callable[[str], Sequence[str]]) -> Soa:
    """
    Read one line; raises BrokenError.

    Names come first and last, numbers in between. If commas within names make it
    ambiguous which numbers these are, the domain's `name_servers` from the files NS_
    decide: a line must agree with them.
    """
    parts = line.rstrip("\r\n").split(",")
    if len(parts) < _COLUMNS or parts[0] != "soa":
        raise BrokenError(f"{len(parts)} columns that do not begin with soa, not {_COLUMNS}")
    name = domain(parts[1])
    names, numbers = ",".join(parts[2:-5]), parts[-5:]
    if len(parts) == _COLUMNS:
        mname, *_, rname = parts[2:-5]
    else:
        mname, rname = _apart(names, list(name_servers(name)))
    return facts.soa(name, mname, rname, numbers)


def _apart(names: str, servers: list[str]) -> tuple[str, str]:
    """Find primaryByRank, primaryInHouse, secondary and total between the two names."""
    first, total = (servers[0] if servers else UNKNOWN), len(servers)
    between = rf",{re.escape(first)}\.?,[01],{max(total - 1, 0)},{total},"
    # A lookahead also finds overlapping matches.
    spans = [match.span(1) for match in re.finditer(f"(?=({between}))", names, re.IGNORECASE)]
    if len(spans) != 1:
        raise BrokenError("commas within its names make it ambiguous")
    ((start, end),) = spans
    return names[:start], names[end:]
