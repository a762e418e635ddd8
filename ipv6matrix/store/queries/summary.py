"""
What a crawl found and probed: most of what `scrapy summary` prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ipv6matrix.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts; callers compute the shares."""

    run: str
    seconds: int | None
    "From the start of the crawl to its end; None while it is running."
    domains: int
    hosts: int
    "Hosts with at least one address."
    addresses: dict[int, int]
    "Addresses of hosts, by family."
    ports: dict[tuple[int, int], tuple[int, int]]
    "By (port, family): addresses with the port open, addresses probed."
    probes: dict[str, int]
    "Number of requests by kind of probe; lookups include those that another answer made unnecessary."
    errors: dict[str, int]
    "Failures by kind and word."


def summary(store: Store) -> Summary:
    """Count the contents of a database."""
    crawl = store.crawl() or {}
    ended = crawl.get("ended_at")
    return Summary(
        run=str(crawl.get("run", "?")),
        seconds=ended - crawl["started_at"] if ended else None,
        domains=_count(store, "SELECT count(*) FROM domains"),
        hosts=_count(store, "SELECT count(DISTINCT host_id) FROM host_addresses"),
        addresses=dict(
            store.query("SELECT family, count(*) FROM addresses WHERE found_at IS NOT NULL GROUP BY family")
        ),
        ports={(port, family): (is_open, asked) for port, family, is_open, asked in store.query(_PORTS)},
        probes={name: _count(store, sql) for name, sql in _PROBES.items()},
        errors={f"{kind} {word}": number for kind, word, number in store.query(ERRORS)},
    )


_PORTS: Final = """
    SELECT port, family, sum(open), count(*) FROM ports JOIN addresses ON addresses.id = address_id
    GROUP BY port, family ORDER BY port, family"""

_PROBES: Final = {
    "Echo Requests": "SELECT (SELECT ifnull(sum(sent), 0) FROM pings)"
    " + (SELECT ifnull(sum(sent), 0) FROM ping_summaries)",
    "TCP handshakes": "SELECT count(*) FROM ports",
    "SMTP sessions": "SELECT count(*) FROM smtp_sessions",
    "TTLs traced": "SELECT count(*) FROM hops",
    "lookups": "SELECT count(*) FROM lookups",
}

ERRORS: Final = """
    SELECT kind, word, count(*) FROM (
        SELECT 'DNS' AS kind, status AS word FROM lookups WHERE status NOT IN ('ok', 'nodata', 'nxdomain')
        UNION ALL SELECT 'ping', failure FROM pings WHERE failure IS NOT NULL
        UNION ALL SELECT 'ping', 'no reply' FROM pings WHERE failure IS NULL AND rtts_ms = '[]'
        UNION ALL SELECT 'port ' || port, failure FROM ports WHERE failure IS NOT NULL
        UNION ALL SELECT 'SMTP', failure FROM smtp_sessions WHERE failure IS NOT NULL
        UNION ALL SELECT 'trace', ifnull(failure, stop) FROM traces WHERE reached_ttl IS NULL)
    GROUP BY kind, word ORDER BY kind, count(*) DESC"""


def _count(store: Store, sql: str) -> int:
    ((number,),) = store.query(sql)
    return int(number)
