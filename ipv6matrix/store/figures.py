"""
Typed views: what a crawl says about its domains, hosts and addresses, with NULL for what is unknown.

The data set, the exporters and the views with the names of 2022 are drawn from them, so each figure has one definition.
"""

from __future__ import annotations

from typing import Final

# A PTR name as texts contain it. A name that looks like `n/a`, a silent hop (`no`), the address of a router
# without a name, or a path keeps its final dot, which no other name has.
_LABEL: Final = """
    iif(reverse_names.name IN ('n/a', 'no') OR reverse_names.name NOT GLOB '*[^0-9.]*'
        OR instr(reverse_names.name, ':') OR instr(reverse_names.name, '-->'),
        rtrim(reverse_names.name, '.') || '.', reverse_names.name)"""


def _status(owner: str, rdtype: str) -> str:
    """Return SQL for the outcome of a lookup of the row of `<owner>s`; NULL if it was not made."""
    return f"""
        (SELECT status FROM lookups WHERE owner = '{owner}' AND owner_id = {owner}s.id AND type = '{rdtype}')"""


def _chosen(family: int) -> str:
    return f"""
        (SELECT address_id FROM host_addresses WHERE host_id = hosts.id AND family = {family} AND choice = 1)"""


def _port(number: int, is_open: str) -> str:
    """Return SQL for whether a port is open; NULL if it was not or could not be probed."""
    port = f"p{number}"
    return f"iif({port}.open IS NULL OR {port}.failure IN ('permission_denied', 'probe_failed'), NULL, {is_open})"


VIEWS: Final = {
    "domain_figures": f"""
        SELECT id, name, tld, refusal, {_status("domain", "NS")} AS ns_status,
               {_status("domain", "MX")} AS mx_status, {_status("domain", "SOA")} AS soa_status
        FROM domains""",
    "host_figures": f"""
        SELECT id, name, wildcard, refusal, {_status("host", "A")} AS a_status,
               {_status("host", "AAAA")} AS aaaa_status,
               (SELECT canonical_name FROM lookups WHERE owner = 'host' AND owner_id = hosts.id
                ORDER BY canonical_name IS NULL, type LIMIT 1) AS canonical_name,
               {_chosen(4)} AS address4_id, {_chosen(6)} AS address6_id
        FROM hosts""",
    "role_figures": """
        SELECT domain_id, domains.name AS domain, tld, kind, priority, host_id, host_figures.name AS host,
               host_figures.refusal AS refusal, a_status, aaaa_status, address4_id, address6_id
        FROM roles JOIN domains ON domains.id = domain_id JOIN host_figures ON host_figures.id = host_id""",
    # primary_in_house compares whole labels: ns.notexample.com is not below example.com.
    "soa_figures": """
        SELECT domain_id, domains.name AS domain, tld, mname AS primary_by_soa, first AS primary_by_rank,
               ifnull(first = domains.name OR substr(first, -length(domains.name) - 1) = '.' || domains.name, 0)
                   AS primary_in_house,
               max(total - 1, 0) AS secondary, total, rname, serial, refresh_s, retry_s, expire_s, minimum_s
        FROM soa_records JOIN domains ON domains.id = domain_id
        JOIN (SELECT id, (SELECT hosts.name FROM roles JOIN hosts ON hosts.id = host_id
                          WHERE domain_id = domains.id AND kind = 'NS' ORDER BY priority LIMIT 1) AS first,
                     max((SELECT count(*) FROM roles WHERE domain_id = domains.id AND kind = 'NS'),
                         ifnull((SELECT records FROM lookups
                                 WHERE owner = 'domain' AND owner_id = domains.id AND type = 'NS'), 0)) AS total
              FROM domains) AS servers ON servers.id = domains.id""",
    # mdev as ping computes it: the square root of the mean square minus the squared mean.
    "ping_figures": """
        SELECT address_id, sent,
               (SELECT round(min(value), 3) FROM json_each(rtts_ms)) AS min_ms,
               (SELECT round(avg(value), 3) FROM json_each(rtts_ms)) AS avg_ms,
               (SELECT round(max(value), 3) FROM json_each(rtts_ms)) AS max_ms,
               (SELECT round(sqrt(max(avg(value * value) - avg(value) * avg(value), 0)), 3)
                FROM json_each(rtts_ms)) AS mdev_ms
        FROM pings WHERE failure IS NULL
        UNION ALL
        SELECT address_id, sent, min_ms, avg_ms, max_ms, mdev_ms FROM ping_summaries""",
    "reverse_figures": f"""
        SELECT owner_id AS address_id, {_LABEL} AS label
        FROM lookups LEFT JOIN reverse_names ON reverse_names.address_id = owner_id
        WHERE owner = 'address' AND type = 'PTR'""",
    # A server that does not greet with 220 does not count as a mail server. STARTTLS is unknown if it was not asked
    # for, or if the session broke off before the answer.
    "tcp_figures": f"""
        SELECT addresses.id AS address_id, {_port(25, "ifnull(greeting_code = 220, 0)")} AS port25,
               {_port(80, "p80.open")} AS port80, {_port(443, "p443.open")} AS port443,
               {
        _port(
            25,
            '''
                   CASE WHEN starttls = 'accepted' THEN 1
                        WHEN smtp_sessions.address_id IS NOT NULL AND starttls IS NULL
                             AND iif(smtp_sessions.failure IS NULL, ifnull(greeting_code, 220) = 220,
                                     smtp_sessions.failure <> 'not_smtp') THEN NULL
                        ELSE 0 END''',
        )
    } AS starttls
        FROM addresses
        LEFT JOIN ports AS p25 ON p25.address_id = addresses.id AND p25.port = 25
        LEFT JOIN ports AS p80 ON p80.address_id = addresses.id AND p80.port = 80
        LEFT JOIN ports AS p443 ON p443.address_id = addresses.id AND p443.port = 443
        LEFT JOIN smtp_sessions ON smtp_sessions.address_id = addresses.id
        WHERE EXISTS (SELECT 1 FROM ports WHERE address_id = addresses.id)""",
    # Imported crawls state an MTU; others have that of the probes of path MTUs, if they made any.
    "trace_figures": f"""
        SELECT traces.address_id AS address_id, mtu_bytes AS mtu, reached_ttl AS hops,
               (SELECT group_concat(label, ' --> ') FROM
                   (SELECT coalesce({_LABEL}, router.address, 'no') AS label
                    FROM hops LEFT JOIN addresses AS router ON router.id = router_id
                    LEFT JOIN reverse_names ON reverse_names.address_id = router_id
                    WHERE hops.address_id = traces.address_id ORDER BY ttl)) AS path
        FROM traces LEFT JOIN path_mtus ON path_mtus.address_id = traces.address_id WHERE failure IS NULL
        UNION ALL
        SELECT address_id, mtu, reached_ttl, path FROM trace_summaries""",
}
