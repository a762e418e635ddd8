"""The weight of pages after five years: sixty crawls of every country."""

from __future__ import annotations

import datetime as dt

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, HostData, Reachability, ReadinessBasis, ReadinessCounts
from ipv6matrix.web.pages.places import outlines
from ipv6matrix.web.pages.views import VIEWS
from tests.web import client, levels

DATES = [dt.date(2020, 1, 15) + dt.timedelta(days=31 * number) for number in range(60)]
MOST_OCTETS = 150_000
PARTS = ["/static/site.css", "/static/site.js", "/static/icon.svg"]


def rows(date):
    """Return figures that differ by country and crawl."""
    months = (date - DATES[0]).days // 31
    for number, code in enumerate(sorted(outlines())):
        place = {"date": date, "country": code, "tld": code.lower()}
        many, six = 2_000 + 137 * number, 200 + (31 * number + 17 * months) % 1_500
        yield DomainPenetration(**place, domains=many, domains6=six, www=six // 2, mx=six // 3, ns=six, unknown=number)
        yield HostData(
            **place,
            type="WWW",
            hosts=many,
            hosts4=many - six,
            dualstack=six,
            pinghosts=six,
            faster=six // 3,
            ping4=six * 40.125,
            ping6=six * (40.5 + number % 7),
            pathhosts=six,
            fewer=six // 5,
            hops4=six * 6,
            hops6=six * 7 - number,
        )
        yield Reachability(**place, service="HTTPS", hosts4=many, hosts6=six, reach4=many - months, reach6=six // 2)
        for level in range(7):
            certain, possible = six // (level + 1), six // (7 - level)
            counts = {"certain": certain, "possible": possible, "unknown": certain // 2}
            yield ReadinessCounts(**place, tag="", bracket=1_000 * 10 ** (number % 4), level=level, **counts)
    yield ReadinessBasis(date=date, tag="", version=1, basis=levels.ALL, domains=1_000_000)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('years') / 'matrix.db'}"
    with Database(url) as database:
        for date in DATES:
            publish(database, date, list(rows(date)))
    return client.create_app(url, "/nowhere")


@pytest.mark.parametrize(
    "path",
    [
        *("/", *(f"/{view}?group={group}" for view in VIEWS for group in ("country", "tld", "date"))),
        *("/hosts/country-DE", "/country-DE", "/tld-de", "/changes"),
        *(f"/readiness?group={group}" for group in ("country", "tld", "bracket", "date")),
    ],
)
async def test_a_page_of_five_years_is_light(app, path):
    """The page, its style, script and icon are small when compressed."""
    async with client.over(app) as web:
        octets = {url: await weight(web, url) for url in (path, *PARTS)}

    assert sum(octets.values()) <= MOST_OCTETS, octets


async def weight(web, path):
    """Count the bytes of an answer as transferred, before decompression."""
    async with web.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert 200 == answer.status_code
        return sum([len(piece) async for piece in answer.aiter_raw()])
