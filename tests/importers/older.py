"""A database as the 2022 crawler would have written it, with its faults, made from an ips.db."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

# Tables of that time, from the views with their names. Every value is a text.
_TABLES: Final = {
    "job": "type, domain, host, priority, tld",
    "soa": "host, primaryBySOA, primaryByRank, primaryInHouse, secondary, total, soa, tld",
    "ip4": "host, ip, asn, city, region_name, country_code, longitude, latitude",
    "ip6": "host, ip, valid, id, type",
    "ping": "ip, count, min, avg, max, mdev",
    "rdns": "ip, reverse",
    "tcp": "ip, port25, port80, port443, starttls",
    "tracert": "ip, mtu, hops, path",
}
_KEYS: Final = {"job": "UNIQUE (type, domain, host)", "ip4": "UNIQUE (host)", "ip6": "UNIQUE (host)"}

# Faults by their number in docs/observations.md.
FAULTS: Final = (
    # 1: the longitude twice.
    "UPDATE ip4 SET latitude = longitude",
    # 3: no address is valid, no prefix known.
    "UPDATE ip6 SET valid = 'False', id = 'n/a' WHERE ip <> 'n/a'",
    # 9 and 25: only IPv4 addresses have a place.
    """
    UPDATE ip4 SET asn = 'n/a', city = 'n/a', region_name = 'n/a', country_code = 'n/a', longitude = 'n/a',
                   latitude = 'n/a'
    WHERE ip = 'n/a'""",
    # 17: the null MX and the placeholder are hosts.
    "UPDATE job SET host = '.' WHERE type = 'MX' AND host = 'n/a' AND rowid % 2",
    "INSERT INTO ip4 VALUES ('.', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a')",
    "INSERT INTO ip6 VALUES ('n/a', 'n/a', 'n/a', 'n/a', 'n/a')",
    # 19: one domain and its hosts in two spellings, with a later priority.
    """
    INSERT OR IGNORE INTO job
    SELECT type, upper(domain), upper(host), min(priority + 5, 65535), upper(tld) FROM job
    WHERE rowid % 3 = 0 AND host NOT IN ('n/a', '.') AND type IN ('MX', 'NS')""",
    """
    INSERT OR IGNORE INTO ip4
    SELECT upper(host), ip, asn, city, region_name, country_code, longitude, latitude FROM ip4
    WHERE host LIKE '%.' AND host <> '.'""",
    "INSERT OR IGNORE INTO ip6 SELECT upper(host), ip, valid, id, type FROM ip6 WHERE host LIKE '%.'",
    # 27: some addresses are their own reverse name, some names end in a dot.
    "UPDATE rdns SET reverse = ip WHERE reverse = 'n/a' AND rowid % 2",
    "UPDATE rdns SET reverse = upper(reverse) || '.' WHERE reverse <> 'n/a' AND reverse <> ip AND rowid % 2",
    # Silence with an RTT of 0.
    """
    UPDATE ping SET min = '0.0', avg = '0.0', max = '0.0', mdev = '0.0'
    WHERE avg = 'n/a' AND ip <> 'n/a' AND rowid % 2""",
    # 26: the hops of a trace that did not arrive are missing.
    "UPDATE tracert SET path = 'n/a' WHERE hops = 'n/a'",
)


def write(ours: Path, target: Path, *, faults: tuple[str, ...] = FAULTS) -> Path:
    """Write the tables of an ips.db as those of 2022, and insert the faults."""
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("ATTACH ? AS ours", (f"{ours.absolute().as_uri()}?mode=ro",))
        for table, columns in _TABLES.items():
            key = f", {_KEYS[table]}" if table in _KEYS else ""
            connection.execute(f"CREATE TABLE main.{table} ({columns}{key})")
            texts = ", ".join(f"CAST({column} AS TEXT)" for column in columns.split(", "))
            connection.execute(f"INSERT INTO main.{table} SELECT {texts} FROM ours.{table}")
        for statement in faults:
            connection.execute(statement)
        connection.commit()
    return target
