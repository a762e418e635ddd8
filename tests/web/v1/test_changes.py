"""Changes from one crawl to another."""

from __future__ import annotations

import datetime as dt

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, DomainRow
from tests.web import client
from tests.web.v1.asking import ask, everything

ONE, TWO, THREE = dt.date(2022, 1, 1), dt.date(2022, 2, 1), dt.date(2022, 3, 1)
YES, NO, UNKNOWN = {"mx_hosts6": 1}, {}, {"unknown": 1}
# What is known of a domain in the second crawl, and in the third.
DOMAINS = {
    "gained.de": (NO, YES),
    "lost.de": (YES, NO),
    "stayed.de": (YES, YES),
    "without.de": (NO, NO),
    # Errors are no absence: neither of these gained or lost anything that is known.
    "failed-before.de": (UNKNOWN, YES),
    "failed-after.de": (YES, UNKNOWN),
    "failed-twice.de": (UNKNOWN, UNKNOWN),
    # One crawl alone shows no change.
    "new.de": (None, YES),
    "gone.de": (YES, None),
    "regained.uk": (NO, YES | UNKNOWN),
}
COUNTRIES = {
    "DE": ({"domains": 10, "domains6": 2}, {"domains": 12, "unknown": 2, "domains6": 5}),
    "FR": ({"domains": 10, "domains6": 5}, {"domains": 20, "domains6": 6}),
    # As many domains with IPv6, of as many that are known.
    "GB": ({"domains": 10, "domains6": 5}, {"domains": 15, "unknown": 5, "domains6": 5}),
    "JP": ({"domains": 3, "unknown": 3}, {"domains": 3, "domains6": 3}),
    "US": (None, {"domains": 3, "domains6": 3}),
}


def rows(date, place):
    for name, states in DOMAINS.items():
        if states[place] is not None:
            yield DomainRow(date=date, domain=name, country="GB" if name.endswith("uk") else "DE", **states[place])
    for code, states in COUNTRIES.items():
        if states[place] is not None:
            yield DomainPenetration(date=date, country=code, tld=code.lower(), **states[place])


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def url(request, tmp_path_factory):
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").url()
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('changes') / 'matrix.db'}"
    with Database(url) as database:
        publish(database, ONE, [DomainPenetration(date=ONE, country="DE", tld="de", domains=10, domains6=9)])
        publish(database, TWO, rows(TWO, 0))
        publish(database, THREE, rows(THREE, 1))
    return url


@pytest.fixture(scope="module")
def app(url):
    return client.create_app(url, "/nowhere")


@pytest.fixture
async def changed(app):
    async with client.over(app) as asking:
        yield asking


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_domains_that_gained_or_lost(changed, limit):
    """Only domains known in both crawls are listed, with paging."""
    expected = [("gained.de", "gained", "DE"), ("lost.de", "lost", "DE"), ("regained.uk", "gained", "GB")]

    assert expected == [
        (item["domain"], item["change"], item["country"])
        for item in await everything(changed, f"/changes/domains?limit={limit}")
    ]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("change=gained", ["gained.de", "regained.uk"]),
        ("change=lost", ["lost.de"]),
        ("country=gb", ["regained.uk"]),
        ("after=LOST.de", ["regained.uk"]),
        (f"from={THREE}&to={THREE}", []),
        # The other way round, what was gained is lost.
        (f"from={THREE}&to={TWO}&change=lost", ["gained.de", "regained.uk"]),
    ],
)
async def test_domains_are_filtered(changed, parameters, expected):
    """Changes are filtered by kind, country and crawls, in either order."""
    assert expected == [item["domain"] for item in await everything(changed, f"/changes/domains?{parameters}")]


@pytest.mark.parametrize(("group", "names"), [("countries", ("DE", "FR")), ("tlds", ("de", "fr"))])
async def test_groups_whose_share_changed(changed, group, names):
    """Groups are compared by the share of their known domains, so fewer known domains are not a gain."""
    answer = await ask(changed, f"/changes/{group}")

    assert (str(TWO), str(THREE)) == (answer["from"], answer["to"])
    assert [(names[0], "gained", 0.3), (names[1], "lost", -0.2)] == [
        (item["name"], item["change"], item["difference"]) for item in answer["items"]
    ]
    assert {"domains": 12, "unknown": 2, "with_ipv6": 5, "ipv6_share": 0.5} == answer["items"][0]["after"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("change=lost", ["FR"]),
        ("sort=difference", ["FR", "DE"]),
        ("sort=-difference&limit=1", ["DE", "FR"]),
        ("least=11", []),
        (f"from={ONE}", ["DE"]),
        (f"to={TWO}", ["DE"]),
    ],
)
async def test_groups_are_filtered_and_sorted(changed, parameters, expected):
    """Groups are filtered and sorted by kind of change, size and crawls."""
    assert expected == [item["name"] for item in await everything(changed, f"/changes/countries?{parameters}")]
