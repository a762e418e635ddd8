"""
Maps columns of ips.db to types of Arrow, by name.

SQLite distinguishes integers, numbers and texts; column names carry the meaning.
A column without a rule is exported with the type that SQLite declares, and fails a test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final

import pyarrow as pa

# Parquet has no unit of whole seconds: milliseconds are its coarsest unit of time.
TIME: Final = pa.timestamp("ms", "UTC")
NUMBERS: Final = pa.list_(pa.float64())
TEXTS: Final = pa.list_(pa.string())

# The first pattern that matches `table.column` applies.
RULES: Final[tuple[tuple[pa.DataType, tuple[str, ...]], ...]] = (
    (NUMBERS, ("pings.rtts_ms",)),
    (TEXTS, ("*.certificate_names", "https_records.alpn", "https_records.ipv?hint")),
    (TIME, ("*_at", "*.certificate_not_before", "*.certificate_not_after")),
    (pa.bool_(), ("ports.open", "hosts.wildcard", "lookups.inferred", "https_records.ech", "name_servers.tcp")),
    (pa.int8(), ("*.family", "*.stratum")),
    (pa.int16(), ("*.ttl", "*.reached_ttl", "*.greeting_code", "*.status_code")),
    (
        pa.int32(),
        (
            *("*.port", "*.position", "*.choice", "*.priority", "*.sent", "*.mtu", "*.records", "*_total", "*.starts"),
            *("*.opt_outs", "*.mss_bytes", "*.mtu_bytes", "*_addresses", "web_pages.hosts", "*.ranks"),
        ),
    ),
    # The only identifiers that are not keys.
    (pa.string(), ("addresses.tunnel_id", "ntp_replies.reference_id")),
    # Keys, seconds, serial numbers and AS numbers need more than 31 bits.
    (pa.int64(), ("*.id", "*_id", "*_s", "*.serial", "*.asn", "*.length_bytes")),
    (pa.float64(), ("*_ms", "*.latitude", "*.longitude")),
    # Words of closed lists.
    (
        pa.string(),
        ("*.status", "*_status", "*.failure", "*.refusal", "*.kind", "*.stop", "*.starttls", "*.hello"),
    ),
    (pa.string(), ("*.scheme", "*.tls", "*.end", "*.version", "*.cipher", "*.alpn")),
    (pa.string(), ("*.owner", "*.type", "*.security", "*.question", "*.answer", "*.outcome", "*.end_reason")),
    # Names, addresses and other texts from the network.
    (pa.string(), ("*.name", "*_name", "*.tld", "*.mname", "*.rname", "*.subject", "*.address", "*.path", "*.target")),
    (pa.string(), ("*.as_organisation", "*.city", "*.region", "*.country_code")),
    (pa.string(), ("*.location", "*.server", "*.title", "*.sha256")),
    (pa.binary(), ("web_pages.sketch",)),
    (pa.string(), ("*.greeting", "*.tls_version", "*.certificate_sha256", "*.certificate_subject", "*_issuer")),
    # About the crawl; four of these are JSON whose keys differ between crawls.
    (pa.string(), ("crawl.run", "crawl.version", "crawl.tag", "crawl.list", "crawl.list_sha256", "crawl.vantage?")),
    (pa.string(), ("crawl.resolver", "crawl.list_source", "crawl.geoip", "crawl.settings", "crawl.skipped")),
)
_DECLARED: Final = {"INTEGER": pa.int64(), "REAL": pa.float64()}


def decided(table: str, column: str) -> pa.DataType | None:
    """Return the type according to the rules; None for a column without a rule."""
    name = f"{table}.{column}"
    return next((kind for kind, patterns in RULES if any(fits(name, pattern) for pattern in patterns)), None)


def fits(name: str, pattern: str) -> bool:
    """Return whether a rule covers `table.column`."""
    return fnmatchcase(name, pattern)


def arrow_type(table: str, column: str, declared: str) -> pa.DataType:
    """Return the type of a column, with or without a rule."""
    return decided(table, column) or _DECLARED.get(declared, pa.string())


def array(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    """Convert values of SQLite to a column; raises ValueError or TypeError for a value of another type."""
    if convert := _CONVERTERS.get(kind):
        values = tuple(None if value is None else convert(value) for value in values)
    return pa.array(values, kind)


def _milliseconds(value: int) -> int:
    return value * 1000


_CONVERTERS: Final[dict[pa.DataType, Callable[[Any], Any]]] = {
    NUMBERS: json.loads,
    TEXTS: json.loads,
    TIME: _milliseconds,
    pa.bool_(): bool,
}
