"""
Views with the names, columns and texts of the 2022 crawler's tables, drawn over the typed ones.

Everything unknown is the text `n/a` there, and answers are the texts `True` and
`False`; each of ping, rdns, tcp and tracert has one row for `n/a`. Names of MX
and NS hosts end in a dot. docs/observations.md lists the errors of the old
tables that are fixed.
"""

from __future__ import annotations

import sqlite3

from ipv6matrix.store import figures

# Hosts as the old tables spell them: with a final dot in the roles NS and MX.
_SPELLED = """
    SELECT host_figures.*, name || '.' AS host FROM host_figures
        WHERE EXISTS (SELECT 1 FROM roles WHERE host_id = host_figures.id AND kind IN ('NS', 'MX'))
    UNION ALL
    SELECT host_figures.*, name FROM host_figures
        WHERE EXISTS (SELECT 1 FROM roles WHERE host_id = host_figures.id AND kind IN ('WWW', 'NTP'))"""


def _texts(**columns: str) -> str:
    """Return SQL for columns with `n/a` for NULL."""
    return ", ".join(f"ifnull({column}, 'n/a') AS {name}" for name, column in columns.items())


def _answers(*columns: str) -> str:
    """Return SQL for columns with the text of an answer."""
    return ", ".join(f"iif({column} IS NULL, 'n/a', iif({column}, 'True', 'False')) AS {column}" for column in columns)


VIEWS = {
    "job": """
        SELECT kind AS type, domain, host || iif(kind IN ('NS', 'MX'), '.', '') AS host, priority, tld
        FROM role_figures WHERE kind <> 'APEX'
        UNION ALL
        SELECT 'MX', name, 'n/a', 10, tld FROM domain_figures
        WHERE mx_status IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM roles WHERE domain_id = domain_figures.id AND kind = 'MX')
        UNION ALL
        SELECT 'NS', name, 'n/a', 1, tld FROM domain_figures
        WHERE ns_status IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM roles WHERE domain_id = domain_figures.id AND kind = 'NS')""",
    "soa": """
        SELECT domain AS host, primary_by_soa AS primaryBySOA, ifnull(primary_by_rank, 'n/a') AS primaryByRank,
               primary_in_house AS primaryInHouse, secondary, total,
               rname || ',' || serial || ',' || refresh_s || ',' || retry_s || ',' || expire_s || ',' || minimum_s
                   AS soa, tld
        FROM soa_figures""",
    "ip4": f"""
        SELECT spelled.host, ifnull(address, 'n/a') AS ip,
               iif(asn IS NULL, 'n/a', rtrim('AS' || asn || ' ' || replace(ifnull(as_organisation, ''), '"', '')))
                   AS asn,
               {_texts(city="city", region_name="region", country_code="country_code")},
               {_texts(longitude="longitude", latitude="latitude")}
        FROM ({_SPELLED}) AS spelled
        LEFT JOIN addresses ON addresses.id = address4_id""",
    "ip6": f"""
        SELECT spelled.host, ifnull(address, 'n/a') AS ip, iif(address IS NULL, 'n/a', 'True') AS valid,
               ifnull(tunnel_id, 'n/a') AS id, iif(address IS NULL, 'n/a', 'undefined') AS type
        FROM ({_SPELLED}) AS spelled
        LEFT JOIN addresses ON addresses.id = address6_id""",
    "ping": f"""
        SELECT address AS ip, sent AS count, {_texts(min="min_ms", avg="avg_ms", max="max_ms", mdev="mdev_ms")}
        FROM ping_figures JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a'""",
    # A router without a name has its address as its name.
    "rdns": """
        SELECT address AS ip, coalesce(label, iif(found_at IS NULL, address, 'n/a')) AS reverse
        FROM reverse_figures JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a'""",
    "tcp": f"""
        SELECT address AS ip, {_answers("port25", "port80", "port443", "starttls")}
        FROM tcp_figures JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a', 'n/a', 'n/a', 'n/a'""",
    "tracert": f"""
        SELECT address AS ip, {_texts(mtu="mtu", hops="hops", path="path")}
        FROM trace_figures JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a', 'n/a', 'n/a'""",
}


def draw(connection: sqlite3.Connection) -> None:
    """Recreate the views, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for name, body in (figures.VIEWS | VIEWS).items():
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(f"CREATE VIEW {name} AS {body}")
    connection.execute("COMMIT")


def lay_over(connection: sqlite3.Connection) -> None:
    """Create the current views for a read-only connection, in place of those in the file."""
    for name, body in (figures.VIEWS | VIEWS).items():
        connection.execute(f"CREATE TEMP VIEW {name} AS {body}")
