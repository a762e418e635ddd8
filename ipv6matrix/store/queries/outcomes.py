"""
Outcomes of requests, comparisons of both families, and kinds of addresses: counts by word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ipv6matrix.items import UNRECORDED, Stop
from ipv6matrix.store import tables
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import happy_eyeballs, mail_parity, summary, third_parties, web_parity


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How many requests of one kind ended with one word."""

    kind: str
    "DNS, ping, port 25, SMTP, trace …"
    word: str
    number: int
    asked: int
    "All requests of this kind."


def errors(store: Store) -> list[Errors]:
    """Count failures, and silence, by kind of request in the order of a crawl; the most frequent first."""
    totals = dict(store.query(" UNION ALL ".join(sql for fact_tables in tables.REGISTRY for sql in fact_tables.asked)))
    order = list(totals)
    failures = [
        Errors(kind=kind, word=word, number=number, asked=totals[kind])
        for kind, word, number in store.query(summary.errors())
    ]
    return sorted(failures, key=lambda failure: (order.index(failure.kind), -failure.number, failure.word))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How often each word occurs, by family."""

    title: str
    counts: Mapping[int | None, Counter[str]]
    "The key is None for what has no family."


def words(store: Store) -> Iterator[Words]:
    """Yield the outcomes of each measurement that has any, in the order of the registry."""
    for title, sql in (pair for fact_tables in tables.REGISTRY for pair in fact_tables.outcomes.items()):
        counts: dict[int | None, Counter[str]] = {}
        for family, word, number in store.query(
            f"WITH found (family, word) AS ({sql}) SELECT family, word, count(*) FROM found GROUP BY 1, 2 ORDER BY 1, 2"
        ):
            counts.setdefault(family, Counter())[str(word)] = number
        if counts:
            yield Words(title=title, counts=counts)


def comparisons(store: Store) -> Iterator[Words]:
    """Yield how services of dual-stack hosts compare over both families, as far as they were measured."""
    outcomes_by_title = {
        "Which family a browser uses": (race.outcome for race in happy_eyeballs.races(store)),
        "Mail servers over both families": (host.outcome for host in mail_parity.hosts(store)),
        "Websites over both families": (site.outcome for site in web_parity.sites(store)),
        "IPv6 of everything that a page loads": (page.support for page in third_parties.pages(store)),
    }
    for title, outcomes in outcomes_by_title.items():
        if counts := Counter(map(str, outcomes)):
            yield Words(title=title, counts={None: counts})


def traces(store: Store) -> dict[tuple[int, str], int]:
    """
    Count traces by family and outcome.

    The outcome is a word of `stop`, of `failure` if nothing could be sent, or
    `unrecorded`: an imported crawl does not state why a trace did not arrive.
    """
    return {(family, word): number for family, word, number in store.query(_TRACES)}


_TRACES: Final = f"""
    SELECT family, word, count(*)
    FROM (SELECT address_id, ifnull(failure, stop) AS word FROM traces
          UNION ALL
          SELECT address_id, iif(reached_ttl IS NULL, '{UNRECORDED}', '{Stop.REACHED}') FROM trace_summaries)
    JOIN addresses ON addresses.id = address_id
    GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv6Kind:
    """IPv6 addresses of hosts of one kind."""

    kind: str
    tunnel_id: str | None
    "Of the known tunnel prefix that contains them."
    probed: int
    refused: int
    "Number of excluded addresses."


def ipv6_kinds(store: Store) -> list[Ipv6Kind]:
    """Count distinct IPv6 addresses of hosts; the most frequent kind first."""
    return [
        Ipv6Kind(kind=kind, tunnel_id=tunnel_id, probed=number - refused, refused=refused)
        for kind, tunnel_id, number, refused in store.query(_KINDS)
    ]


_KINDS: Final = """
    SELECT ifnull(kind, 'unknown'), tunnel_id, count(*), count(refusal) FROM addresses
    WHERE family = 6 AND found_at IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"""
