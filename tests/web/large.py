"""
Summaries as large as those of years: made up by rule inside the database, so that it takes minutes and not hours.

A crawl has 1,500 TLDs of falling size, the largest of them in two hundred countries,
so its tables have as many rows as those of a crawl of a million domains. Equal
arguments give equal rows, in every database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice, product
from string import ascii_uppercase
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, case, insert, literal, select

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import mark_changed
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, DOMAINS, HOST_DATA, REACHABILITY

FIRST: Final = dt.date(2020, 1, 15)
TLDS: Final = ("com", "de", "net", "org", "uk", *(f"tld{number:04}" for number in range(1_495)))
_FIRST: Final = ("US", "DE", "GB", "FR", "NL", "JP")
_OTHERS: Final = (one + two for one, two in product("ABCDEFGHI", ascii_uppercase) if one + two not in _FIRST)
COUNTRIES: Final = (*_FIRST, *islice(_OTHERS, 214))
KINDS: Final = ("WWW", "NS", "MX", "NTP")
SERVICES: Final = ("HTTP", "HTTPS", "SMTPS")

_METADATA: Final = MetaData()
# What is the same in every crawl, to be crossed with its number.
_PLACES: Final = Table(
    "MadeUpPlaces",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("country", String(2)),
    Column("tld", String(64)),
    Column("word", String(5)),
    Column("hosts", Integer),
)
_NAMES: Final = Table(
    "MadeUpNames",
    _METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("domain", String(253)),
    Column("country", String(2)),
)


def dates(crawls: int) -> list[dt.date]:
    """Give the dates of crawls, some thirty days apart."""
    return [FIRST + dt.timedelta(days=30 * number) for number in range(crawls)]


def name(number: int) -> str:
    """Give the name of a domain."""
    return f"{'abcdefghijklmnopqrstuvwxyz'[number % 26]}site{number * 7919 % 1_000_003}.{_tld(number)}"


def fill(url: str, crawls: int, domains: int) -> None:
    """Make all crawls up in an empty database."""
    with Database(url) as database:
        database.prepare()
        with database.write() as connection:
            _METADATA.create_all(connection)
            connection.execute(insert(_PLACES), list(_places()))
            connection.execute(insert(_NAMES), [_named(number) for number in range(domains)])
            # Sorted at the end, that takes seconds; kept up to date meanwhile, minutes.
            for index in DOMAINS.indexes:
                index.drop(connection)
        for number, date in enumerate(dates(crawls)):
            with database.write() as connection:
                _crawl(connection, date, number)
                mark_changed(connection, date)
        with database.write() as connection:
            for index in DOMAINS.indexes:
                index.create(connection)
            _METADATA.drop_all(connection)


def add(url: str, number: int, domains: int) -> None:
    """Add one crawl of another number of domains."""
    with Database(url) as database, database.write() as connection:
        _METADATA.create_all(connection)
        connection.execute(insert(_PLACES), list(_places()))
        connection.execute(insert(_NAMES), [_named(number) for number in range(domains)])
        (date,) = dates(number + 1)[-1:]
        _crawl(connection, date, number)
        mark_changed(connection, date)
        _METADATA.drop_all(connection)


def _tld(number: int) -> str:
    return TLDS[0] if number % 2 else TLDS[number // 2 % 5 if number % 4 else number * 31 % len(TLDS)]


def _named(number: int) -> dict[str, Any]:
    return {"number": number, "domain": name(number), "country": COUNTRIES[(number * 17 % 1_009) ** 2 % 220]}


def _places() -> Iterator[dict[str, Any]]:
    number = 0
    for rank, tld in enumerate(TLDS):
        for place, country in enumerate(COUNTRIES[: min(len(COUNTRIES), 1 + 900 // (rank + 3))]):
            hosts = 1 + 4_000_000 // ((rank + 1) * (place + 1) * 10)
            for word in (*KINDS[: 4 if number % 2 else 3], *SERVICES, ""):
                number += 1
                yield {"number": number, "country": country, "tld": tld, "word": word, "hosts": hosts}


def _crawl(connection: Connection, date: dt.date, number: int) -> None:
    place = _PLACES.c
    six = place.hosts * (10 + number) // 100
    hosts = {
        "hosts": place.hosts + 5 + (place.number * 7 + number * 13) % 10,
        "hosts4": place.hosts - six,
        "hosts6": (place.number + number) % 2,
        "dualstack": six,
        "pinghosts": six,
        "faster": six // 3,
        "ping4": six * 42.125,
        "ping6": six * 45.75 + place.number % 7,
        "pathhosts": six // 2,
        "fewer": six // 5,
        "hops4": six * 6,
        "hops6": six * 7,
        "unknown": place.number % 3,
    }
    services = {"hosts4": place.hosts + 3, "hosts6": six + 1, "reach4": place.hosts, "reach6": six, "unknown": 2}
    domains = {"domains": place.hosts + 4, "domains6": six + 1, "www": six // 2, "ns": six, "unknown": 1}
    _places_of(connection, HOST_DATA, date, {"type": place.word, **hosts}, KINDS)
    _places_of(connection, REACHABILITY, date, {"service": place.word, **services}, SERVICES)
    _places_of(connection, DOMAIN_PENETRATION, date, domains, ("",))
    _names_of(connection, date, number)


def _places_of(
    connection: Connection, table: Table, date: dt.date, values: dict[str, Any], words: tuple[str, ...]
) -> None:
    place = _PLACES.c
    told = {"date": literal(date), "country": place.country, "tld": place.tld, **values}
    query = select(*map(_told, told.values())).where(place.word.in_(words))
    query = query.order_by(place.country, place.tld, place.word)
    connection.execute(insert(table).from_select(list(told), query))


def _names_of(connection: Connection, date: dt.date, number: int) -> None:
    """Write the domains: more of them with IPv6 in each crawl, and a few that come and go."""
    names = _NAMES.c
    odd = (names.number * 17 + number * number * 13) % 997 < 3
    www, servers = (
        case((odd, 0), (names.number * 31 % 1_000 < first + 5 * number, 1), else_=0) for first in (150, 400)
    )
    told = {
        "date": literal(date),
        "domain": names.domain,
        "country": names.country,
        **dict.fromkeys(("www_hosts", "mx_hosts", "ns_hosts", "http4", "https4", "smtp4"), 2),
        **dict.fromkeys(("www_hosts6", "mx_hosts6", "http6", "https6", "smtp6", "faster"), www),
        "ns_hosts6": servers * 2,
        "pingratio": www * 1.125,
        "hopratio": www * 0.875,
        "unknown": case((names.number * 13 % 101 < 2, 1), else_=0),
    }
    query = select(*map(_told, told.values())).order_by(names.domain)
    connection.execute(insert(DOMAINS).from_select(list(told), query))


def _told(value: Any) -> Any:
    return literal(value) if isinstance(value, int) else value
