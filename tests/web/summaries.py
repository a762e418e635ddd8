"""
Summaries of a few crawls, made by rule: what the web server is asked about.

Figures come from a small generator of equal numbers for equal seeds, so every
sum can be worked out from `ROWS` in plain Python, without SQL.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

from sqlalchemy import func, select

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, DomainRow, HostData, Reachability, Row
from ipv6matrix.summaries.tables import HOST_DATA

DATES: Final = (dt.date(2022, 7, 20), dt.date(2023, 1, 5), dt.date(2024, 2, 29))
TLDS: Final = ("com", "de", "uk")
COUNTRIES: Final = ("DE", "GB", "US")
TYPES: Final = ("NS", "MX", "WWW", "NTP")
SERVICES: Final = ("HTTP", "HTTPS", "SMTPS")
# A domain of one crawl only, names that begin alike, and characters that mean something to SQL, XML and CSV.
DOMAINS: Final = (
    *(f"site{number:02}.{tld}" for number in range(12) for tld in TLDS),
    "a_b.de",
    "axb.de",
    "once.com",
    "xn--mnchen-3ya.de",
)


def _made() -> Iterator[Row]:
    random = Random(2022)
    for date in DATES:
        for tld in TLDS:
            yield from _of_tld(random, date, tld)
        for domain in DOMAINS:
            if domain != "once.com" or date == DATES[1]:
                yield _domain(random, date, domain)


def _of_tld(random: Random, date: dt.date, tld: str) -> Iterator[Row]:
    for country in (*COUNTRIES, "ZZ"):
        six = random.randrange(40)
        counts = {kind: random.randrange(six + 1) for kind in ("www", "mx", "ns", "ntp")}
        yield DomainPenetration(
            date=date, country=country, tld=tld, domains=six + random.randrange(60), domains6=six, unknown=3, **counts
        )
    for country in COUNTRIES:
        # Somewhere nobody has a host of a kind.
        for kind in TYPES if (country, tld) != ("US", "de") else ("WWW",):
            yield _hosts(random, date, country, tld, kind)
        for service in SERVICES:
            reach4, reach6 = random.randrange(50), random.randrange(20)
            yield Reachability(
                date=date,
                country=country,
                tld=tld,
                service=service,
                hosts4=reach4 + random.randrange(9),
                hosts6=reach6 + random.randrange(9),
                reach4=reach4,
                reach6=reach6,
                unknown=random.randrange(4),
            )


def _hosts(random: Random, date: dt.date, country: str, tld: str, kind: str) -> HostData:
    four, six, both, none, unknown = (random.randrange(limit) for limit in (60, 5, 30, 4, 6))
    return HostData(
        date=date,
        country=country,
        tld=tld,
        type=kind,
        hosts=four + six + both + none + unknown,
        hosts4=four,
        hosts6=six,
        dualstack=both,
        noip=none,
        pinghosts=both,
        faster=random.randrange(both + 1),
        # Thousandths that binary fractions cannot hold: their sums are where noise would show.
        ping4=round(both * 10.1 + random.random(), 3),
        ping6=round(both * 11.3 + random.random(), 3),
        pathhosts=both // 2,
        fewer=random.randrange(both // 2 + 1),
        hops4=both * 5,
        hops6=both * 6 + random.randrange(9),
        unknown=unknown,
    )


def _domain(random: Random, date: dt.date, domain: str) -> DomainRow:
    www, mx, ns, ntp = (random.randrange(4) for _ in range(4))
    return DomainRow(
        date=date,
        domain=domain,
        country=random.choice((*COUNTRIES, "ZZ")),
        www_hosts=www,
        www_hosts6=random.randrange(www + 1),
        mx_hosts=mx,
        mx_hosts6=random.randrange(mx + 1),
        ns_hosts=ns,
        ns_hosts6=random.randrange(ns + 1),
        ntp_hosts=ntp,
        ntp_hosts6=random.randrange(ntp + 1) if ntp else 0,
        http4=www,
        http6=random.randrange(www + 1),
        https4=www,
        https6=random.randrange(www + 1),
        smtp4=mx,
        smtp6=random.randrange(mx + 1),
        faster=random.randrange(2),
        pingratio=round(random.uniform(0.5, 2), 6),
        fewer=random.randrange(2),
        hopratio=random.choice((0.0, 1.0, 0.923077)),
        unknown=random.randrange(2),
    )


ROWS: Final = tuple(_made())
COUNT: Final = select(func.count()).select_from(HOST_DATA)
"A query for a number that each crawl changes."


def fill(url: str, dates: Sequence[dt.date] = DATES) -> str:
    """Publish crawls in a database, and give its URL."""
    with Database(url) as database:
        for date in dates:
            publish(database, date, [row for row in ROWS if row.date == date])
    return url


def sqlite(folder: Path, dates: Sequence[dt.date] = DATES) -> str:
    """Make a file of crawls, and give its URL."""
    return fill(f"sqlite:///{folder / 'matrix.db'}", dates)
