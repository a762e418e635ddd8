"""
What a crawl found and probed: most of what `scrapy summary` prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ipv6matrix.store import tables
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
        ports={(port, family): (is_open, probed) for port, family, is_open, probed in store.query(_PORTS)},
        probes={
            title: _count(store, sql) for fact_tables in tables.REGISTRY for title, sql in fact_tables.figures.items()
        },
        errors={f"{kind} {word}": number for kind, word, number in store.query(errors())},
    )


_PORTS: Final = """
    SELECT port, family, sum(open), count(*) FROM ports JOIN addresses ON addresses.id = address_id
    GROUP BY port, family ORDER BY port, family"""


def errors() -> str:
    """Return the query of failures, and silence, by kind of request and word."""
    every = " UNION ALL ".join(sql for fact_tables in tables.REGISTRY for sql in fact_tables.errors)
    return f"""
        WITH failed (kind, word) AS ({every})
        SELECT kind, word, count(*) FROM failed GROUP BY kind, word ORDER BY kind, count(*) DESC"""


def _count(store: Store, sql: str) -> int:
    ((number,),) = store.query(sql)
    return int(number)
