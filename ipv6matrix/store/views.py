"""
Views with the names, columns and texts of the 2022 crawler's tables.

Everything unknown is the text `n/a` there, and answers are the texts `True` and
`False`; each of ping, rdns, tcp and tracert has one row for `n/a`. Names of MX
and NS hosts end in a dot. docs/observations.md lists the errors of the old
tables that are fixed.
"""

from __future__ import annotations

import sqlite3

# Hosts as the old tables spell them: with a final dot in the roles NS and MX.
_SPELLED = """
    SELECT hosts.id, hosts.name || '.' AS host FROM hosts
        WHERE EXISTS (SELECT 1 FROM roles WHERE host_id = hosts.id AND kind IN ('NS', 'MX'))
    UNION ALL
    SELECT hosts.id, hosts.name FROM hosts
        WHERE EXISTS (SELECT 1 FROM roles WHERE host_id = hosts.id AND kind IN ('WWW', 'NTP'))"""

_CHOICE = """
    LEFT JOIN host_addresses ON host_id = spelled.id AND host_addresses.family = {family} AND choice = 1
    LEFT JOIN addresses ON addresses.id = address_id"""

# A PTR name as the old tables spell it. A name that looks like `n/a`, a silent hop (`no`), the address of a router
# without a name, or a path keeps its final dot, which no other name has.
_REVERSE = """
    iif(reverse_names.name IN ('n/a', 'no') OR reverse_names.name NOT GLOB '*[^0-9.]*'
        OR instr(reverse_names.name, ':') OR instr(reverse_names.name, '-->'),
        rtrim(reverse_names.name, '.') || '.', reverse_names.name)"""

VIEWS = {
    "job": """
        SELECT kind AS type, domains.name AS domain,
               hosts.name || iif(kind IN ('NS', 'MX'), '.', '') AS host, priority, tld
        FROM roles JOIN domains ON domains.id = domain_id JOIN hosts ON hosts.id = host_id
        UNION ALL
        SELECT 'MX', name, 'n/a', 10, tld FROM domains
        WHERE mx_status IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM roles WHERE domain_id = domains.id AND kind = 'MX')
        UNION ALL
        SELECT 'NS', name, 'n/a', 1, tld FROM domains
        WHERE ns_status IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM roles WHERE domain_id = domains.id AND kind = 'NS')""",
    # primaryInHouse compares whole labels: ns.notexample.com is not below example.com.
    "soa": """
        SELECT domains.name AS host, mname AS primaryBySOA, ifnull(first, 'n/a') AS primaryByRank,
               iif(first = domains.name OR substr(first, -length(domains.name) - 1) = '.' || domains.name, 1, 0)
                   AS primaryInHouse,
               max(total - 1, 0) AS secondary, total,
               rname || ',' || serial || ',' || refresh_s || ',' || retry_s || ',' || expire_s || ',' || minimum_s
                   AS soa, tld
        FROM soa_records JOIN domains ON domains.id = domain_id
        JOIN (SELECT id, (SELECT hosts.name FROM roles JOIN hosts ON hosts.id = host_id
                          WHERE domain_id = domains.id AND kind = 'NS' ORDER BY priority LIMIT 1) AS first,
                     max((SELECT count(*) FROM roles WHERE domain_id = domains.id AND kind = 'NS'),
                         ifnull(ns_hosts, 0)) AS total
              FROM domains) AS servers ON servers.id = domains.id""",
    "ip4": f"""
        SELECT spelled.host, ifnull(address, 'n/a') AS ip,
               iif(asn IS NULL, 'n/a', rtrim('AS' || asn || ' ' || replace(ifnull(as_organisation, ''), '"', '')))
                   AS asn,
               ifnull(city, 'n/a') AS city, ifnull(region, 'n/a') AS region_name,
               ifnull(country_code, 'n/a') AS country_code,
               ifnull(longitude, 'n/a') AS longitude, ifnull(latitude, 'n/a') AS latitude
        FROM ({_SPELLED}) AS spelled {_CHOICE.format(family=4)}""",
    "ip6": f"""
        SELECT spelled.host, ifnull(address, 'n/a') AS ip, iif(address IS NULL, 'n/a', 'True') AS valid,
               ifnull(tunnel_id, 'n/a') AS id, iif(address IS NULL, 'n/a', 'undefined') AS type
        FROM ({_SPELLED}) AS spelled {_CHOICE.format(family=6)}""",
    # mdev as ping computes it: the square root of the mean square minus the squared mean.
    "ping": """
        SELECT address AS ip, sent AS count,
               ifnull((SELECT round(min(value), 3) FROM json_each(rtts_ms)), 'n/a') AS min,
               ifnull((SELECT round(avg(value), 3) FROM json_each(rtts_ms)), 'n/a') AS avg,
               ifnull((SELECT round(max(value), 3) FROM json_each(rtts_ms)), 'n/a') AS max,
               ifnull((SELECT round(sqrt(max(avg(value * value) - avg(value) * avg(value), 0)), 3)
                       FROM json_each(rtts_ms)), 'n/a') AS mdev
        FROM pings JOIN addresses ON addresses.id = address_id WHERE failure IS NULL
        UNION ALL
        SELECT address, sent, ifnull(min_ms, 'n/a'), ifnull(avg_ms, 'n/a'), ifnull(max_ms, 'n/a'),
               ifnull(mdev_ms, 'n/a')
        FROM ping_summaries JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a'""",
    # A router without a name has its address as its name.
    "rdns": f"""
        SELECT address AS ip, ifnull({_REVERSE}, iif(found_at IS NULL, address, 'n/a')) AS reverse
        FROM reverse_names JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a'""",
    # A server that does not greet with 220 does not count as a mail server. What could not be asked is n/a; so is
    # STARTTLS if it was not asked for, or if the session broke off before the answer.
    "tcp": """
        SELECT address AS ip,
               iif(p25.open IS NULL OR p25.failure IN ('permission_denied', 'probe_failed'), 'n/a',
                   iif(greeting_code = 220, 'True', 'False')) AS port25,
               iif(p80.open IS NULL OR p80.failure IN ('permission_denied', 'probe_failed'), 'n/a',
                   iif(p80.open, 'True', 'False')) AS port80,
               iif(p443.open IS NULL OR p443.failure IN ('permission_denied', 'probe_failed'), 'n/a',
                   iif(p443.open, 'True', 'False')) AS port443,
               iif(p25.open IS NULL OR p25.failure IN ('permission_denied', 'probe_failed'), 'n/a',
                   CASE WHEN starttls = 'accepted' THEN 'True'
                        WHEN smtp_sessions.address_id IS NOT NULL AND starttls IS NULL
                             AND iif(smtp_sessions.failure IS NULL, ifnull(greeting_code, 220) = 220,
                                     smtp_sessions.failure <> 'not_smtp') THEN 'n/a'
                        ELSE 'False' END) AS starttls
        FROM addresses
        LEFT JOIN ports AS p25 ON p25.address_id = addresses.id AND p25.port = 25
        LEFT JOIN ports AS p80 ON p80.address_id = addresses.id AND p80.port = 80
        LEFT JOIN ports AS p443 ON p443.address_id = addresses.id AND p443.port = 443
        LEFT JOIN smtp_sessions ON smtp_sessions.address_id = addresses.id
        WHERE EXISTS (SELECT 1 FROM ports WHERE address_id = addresses.id)
        UNION ALL SELECT 'n/a', 'n/a', 'n/a', 'n/a', 'n/a'""",
    "tracert": f"""
        SELECT target.address AS ip, iif(reached_ttl IS NULL, 'n/a', 1500) AS mtu, ifnull(reached_ttl, 'n/a') AS hops,
               ifnull((SELECT group_concat(label, ' --> ') FROM
                   (SELECT coalesce({_REVERSE}, router.address, 'no') AS label
                    FROM hops LEFT JOIN addresses AS router ON router.id = router_id
                    LEFT JOIN reverse_names ON reverse_names.address_id = router_id
                    WHERE hops.address_id = target.id ORDER BY ttl)), 'n/a') AS path
        FROM traces JOIN addresses AS target ON target.id = traces.address_id WHERE failure IS NULL
        UNION ALL
        SELECT address, ifnull(mtu, 'n/a'), ifnull(reached_ttl, 'n/a'), ifnull(path, 'n/a')
        FROM trace_summaries JOIN addresses ON addresses.id = address_id
        UNION ALL SELECT 'n/a', 'n/a', 'n/a', 'n/a'""",
}


def draw(connection: sqlite3.Connection) -> None:
    """Recreate the views, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for name, body in VIEWS.items():
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(f"CREATE VIEW {name} AS {body}")
    connection.execute("COMMIT")


def lay_over(connection: sqlite3.Connection) -> None:
    """Create the current views for a read-only connection, in place of those in the file."""
    for name, body in VIEWS.items():
        connection.execute(f"CREATE TEMP VIEW {name} AS {body}")
