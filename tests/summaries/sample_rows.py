"""Made-up rows of summaries, and the rows that a database contains."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import select

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.rows import (
    DomainPenetration,
    DomainRow,
    HostData,
    Reachability,
    Readiness,
    ReadinessBasis,
    ReadinessCounts,
    Row,
)
from ipv6matrix.summaries.tables import ALL_TABLES, MAIN, READINESS_TABLES, TABLES, of_crawl

DATE = dt.date(2024, 5, 6)
LATER = dt.date(2024, 6, 3)


def made_up(date: dt.date = DATE, domains: int = 5, *, per_domain: int = 3, six: float = 0.5) -> list[Row]:
    """Return rows of a date for some domains in two TLDs, each with several web hosts, a share of them dual-stack."""
    return list(_rows(date, domains, per_domain, six))


def _rows(date: dt.date, domains: int, per_domain: int, six: float) -> Iterator[Row]:
    for tld, country in (("de", "DE"), ("example", "GB")):
        for number in range(domains):
            name = f"d{number:05}.{tld}"
            yield DomainRow(date=date, domain=name, country=country, www_hosts=per_domain, pingratio=1 / 3)
        hosts = domains * per_domain
        both = round(hosts * six)
        yield DomainPenetration(date=date, country=country, tld=tld, domains=domains, domains6=domains // 2)
        for kind in ("MX", "WWW"):
            figures = {"hosts": hosts, "hosts4": hosts - both, "dualstack": both, "ping4": 12345.678, "unknown": 0}
            yield HostData(date=date, country=country, tld=tld, type=kind, **figures)
        for service in ("HTTP", "SMTPS"):
            yield Reachability(date=date, country=country, tld=tld, service=service, hosts4=hosts, reach4=both)

    yield from levels(date, domains)


def levels(date: dt.date = DATE, domains: int = 5, tag: str = MAIN) -> Iterator[Row]:
    """Yield the readiness of the same domains, which are all of level 3 to 4."""
    services = {"web": "yes", "dns": "yes", "mail": "unknown", "chain": "no", "path": "unknown", "content": "unknown"}
    for tld, country in (("de", "DE"), ("example", "GB")):
        about = {"date": date, "tag": tag, "tld": tld, "country": country, "bracket": 1000}
        for number in range(domains):
            name = f"d{number:05}.{tld}"
            reasons = f'[["mail", "mx.{name}", "port_25_filtered", "", null]]'
            yield Readiness(**about, domain=name, certain=3, possible=4, reasons=reasons, **services)
        yield ReadinessCounts(**about, level=3, certain=domains, unknown=domains)
        yield ReadinessCounts(**about, level=4, possible=domains)
    yield ReadinessBasis(date=date, tag=tag, version=1, basis="MX,NS,WWW", domains=2 * domains)


def as_tables(rows: list[Row]) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows by table, in the order of their keys."""
    tables: dict[str, list[tuple[object, ...]]] = {table.name: [] for table in ALL_TABLES}
    for row in rows:
        tables[(TABLES | READINESS_TABLES)[type(row)].name].append(tuple(asdict(row).values()))
    return {name: sorted(values) for name, values in tables.items()}


def held(database: Database, date: dt.date = DATE, tag: str = MAIN) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows that a database contains for a date and a list, in the same form."""
    if not database.has_tables(with_readiness=True):
        return as_tables([])
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table).where(of_crawl(table, date, tag)))))
            for table in ALL_TABLES
        }
