"""
Which type of Arrow a column of ips.db has, by its name.

SQLite knows integers, numbers and texts; what they mean lies in names. A column
that no rule knows is exported as SQLite declares it, and a test asks for a rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final

import pyarrow as pa

# Parquet has no whole seconds: milliseconds are its coarsest unit of time.
TIME: Final = pa.timestamp("ms", "UTC")
NUMBERS: Final = pa.list_(pa.float64())
TEXTS: Final = pa.list_(pa.string())

# The first pattern that fits `table.column` decides.
RULES: Final[tuple[tuple[pa.DataType, tuple[str, ...]], ...]] = (
    (NUMBERS, ("pings.rtts_ms",)),
    (TEXTS, ("smtp_sessions.certificate_names",)),
    (TIME, ("*_at", "*.certificate_not_before", "*.certificate_not_after")),
    (pa.bool_(), ("ports.open", "hosts.wildcard")),
    (pa.int8(), ("*.family",)),
    (pa.int16(), ("*.ttl", "*.reached_ttl", "*.greeting_code")),
    (pa.int32(), ("*.port", "*.position", "*.choice", "*.priority", "*.sent", "*.mtu", "*.names", "*.starts")),
    # The one identifier that is no key.
    (pa.string(), ("addresses.tunnel_id",)),
    # Keys, seconds, serial numbers and AS numbers need more than 31 bits.
    (pa.int64(), ("*.id", "*_id", "*_s", "*.serial", "*.asn")),
    (pa.float64(), ("*_ms", "*.latitude", "*.longitude")),
    # Words of closed lists.
    (pa.string(), ("*_status", "*.status", "*.failure", "*.refusal", "*.kind", "*.stop", "*.starttls", "*.hello")),
    (pa.string(), ("*.question", "*.outcome", "*.end_reason")),
    # Names, addresses and other texts of the network.
    (pa.string(), ("*.name", "*_name", "*.tld", "*.mname", "*.rname", "*.subject", "*.address", "*.path")),
    (pa.string(), ("*.as_organisation", "*.city", "*.region", "*.country_code")),
    (pa.string(), ("*.greeting", "*.tls_version", "*.certificate_sha256", "*.certificate_subject", "*_issuer")),
    # About the crawl; four of these are JSON whose keys are not the same in every crawl.
    (pa.string(), ("crawl.run", "crawl.version", "crawl.list", "crawl.list_sha256", "crawl.vantage?")),
    (pa.string(), ("crawl.resolver", "crawl.list_source", "crawl.geoip", "crawl.settings", "crawl.skipped")),
)
_DECLARED: Final = {"INTEGER": pa.int64(), "REAL": pa.float64()}


def decided(table: str, column: str) -> pa.DataType | None:
    """Return the type that a rule decides; None for a column that no rule knows."""
    name = f"{table}.{column}"
    return next((kind for kind, patterns in RULES if any(fits(name, one) for one in patterns)), None)


def fits(name: str, pattern: str) -> bool:
    """Check whether `table.column` is one that a rule means."""
    return fnmatchcase(name, pattern)


def arrow_type(table: str, column: str, declared: str) -> pa.DataType:
    """Return the type of a column, whether a rule knows it or not."""
    return decided(table, column) or _DECLARED.get(declared, pa.string())


def array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    """Return a column of what SQLite holds; raises ValueError or TypeError for what is not of the type."""
    if convert := _CONVERTERS.get(kind):
        values = tuple(None if value is None else convert(value) for value in values)
    return pa.array(values, kind)


def _texts(value: str) -> list[str]:
    return value.split(",") if value else []


def _milliseconds(value: int) -> int:
    return value * 1000


_CONVERTERS: Final[dict[pa.DataType, Callable[[Any], Any]]] = {
    NUMBERS: json.loads,
    TEXTS: _texts,
    TIME: _milliseconds,
    pa.bool_(): bool,
}
