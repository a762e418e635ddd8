"""Readiness of lists: counts, crawls, domains, changes and the hall of fame."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from ipv6matrix.readiness.levels import Level
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import Readiness
from tests.web import client, levels, summaries
from tests.web.summaries import DATES
from tests.web.v1.asking import ask, everything

ONE, TWO, THREE, FOUR = (dt.date(2026, month, 1) for month in (1, 2, 3, 4))
# Both levels in the second crawl and in the third, which can be compared.
DOMAINS = {
    "rose.de": ((2, 3), (4, 5)),
    "fell.de": ((4, 5), (3, 4)),
    "stayed.de": ((3, 4), (3, 4)),
    # What could be tested is another thing: one bound moved, or each another way.
    "found-out.de": ((2, 4), (4, 4)),
    "lost-sight.de": ((4, 4), (2, 4)),
    "narrower.de": ((2, 5), (3, 4)),
    "famous.de": ((5, 5), (6, 6)),
    "perhaps.de": ((4, 5), (5, 5)),
    "once.de": ((5, 5), None),
    "new.uk": (None, (5, 5)),
    "rose.uk": ((0, 0), (1, 1)),
}


def rows(date, place, basis=levels.ALL, version=1, tag=""):
    made = [
        levels.row(date, name, *states[place], tag=tag, country="GB" if name.endswith("uk") else "DE")
        for name, states in DOMAINS.items()
        if states[place] is not None
    ]
    return levels.crawl(date, tag, basis, made, version)


@pytest.fixture(scope="module")
def app_of_levels(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('levels') / 'matrix.db'}"
    with Database(url) as database:
        publish(database, ONE, rows(ONE, 1, levels.SOME))
        publish(database, TWO, rows(TWO, 0))
        publish(database, THREE, rows(THREE, 1))
        publish(database, FOUR, rows(FOUR, 0, version=2, tag="other"), tag="other")
    return client.create_app(url, "/nowhere")


@pytest.fixture
async def tested(app_of_levels):
    async with client.over(app_of_levels) as asking:
        yield asking


def domains_of(date, tag=""):
    return [row for row in summaries.readiness(date, tag) if isinstance(row, Readiness)]


@pytest.mark.parametrize("tag", ["", levels.TAG])
async def test_counts_are_those_of_the_domains(both, tag):
    """Counts per level, in both readings, equal those of the domains themselves."""
    for item in await everything(both, f"/readiness?limit=1{f'&tag={tag}' if tag else ''}"):
        domains = domains_of(dt.date.fromisoformat(item["date"]), tag)
        for reading in ("certain", "possible"):
            counted = Counter(getattr(row, reading) for row in domains)
            names = {level: level.label.replace("+", "plus") for level in Level}
            assert {name: counted[level] for level, name in names.items()} == {
                name: item[f"{reading}_{name}"] for name in names.values()
            }
            reached = sum(number for level, number in counted.items() if level >= Level.FULL)
            assert pytest.approx(reached / len(domains), abs=1e-6) == item[f"{reading}_from_4_share"]
        assert (len(domains), sum(row.certain != row.possible for row in domains)) == (item["domains"], item["unknown"])


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ("country=de", lambda row: row.country == "DE"),
        ("tld=de,uk", lambda row: row.tld in ("de", "uk")),
        ("bracket=1000,100000", lambda row: row.bracket != 10_000),
        ("country=DE&bracket=1000", lambda row: row.country == "DE" and row.bracket == 1_000),
    ],
)
async def test_counts_are_filtered(web, parameters, wanted):
    """Country, TLD and rank bracket filter counts, also together."""
    (item,) = await everything(web, f"/readiness?from={DATES[1]}&to={DATES[1]}&{parameters}")

    assert len(list(filter(wanted, domains_of(DATES[1])))) == item["domains"]


@pytest.mark.parametrize("group", ["tld", "country", "bracket"])
async def test_counts_are_grouped_and_sorted(web, group):
    """There is a row for each value of a group; rows can be sorted by any figure."""
    items = await everything(web, f"/readiness?group={group}&from={DATES[2]}&sort=-certain_from_2_share&limit=2")
    shares = [item["certain_from_2_share"] for item in items]

    assert Counter(getattr(row, group) for row in domains_of(DATES[2])) == {
        item[group]: item["domains"] for item in items
    }
    assert sorted(shares, reverse=True) == shares


async def test_each_row_says_what_it_can_be_compared_with(web):
    """Rows have the version of the rules and the basis of their crawl."""
    items = await everything(web, "/readiness")

    assert [levels.SOME, levels.ALL, levels.ALL] == [",".join(item["basis"]) for item in items]
    assert {1} == {item["version"] for item in items}


async def test_lists_and_crawls_are_listed(tested):
    """Each crawl of each list is listed, the last first, and the last one of each list."""
    crawls = [(item["date"], item["tag"], item["version"]) for item in await everything(tested, "/readiness/crawls")]
    tags = [(item["tag"], item["date"]) for item in await everything(tested, "/readiness/tags?limit=1")]

    assert [(str(THREE), "", 1), (str(TWO), "", 1), (str(ONE), "", 1)] == crawls
    assert [("", str(THREE)), ("other", str(FOUR))] == tags
    assert [2] == [item["version"] for item in await everything(tested, "/readiness/crawls?tag=other")]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("", ["famous.de", "fell.de", "rose.de", "rose.uk"]),
        ("?limit=1", ["famous.de", "fell.de", "rose.de", "rose.uk"]),
        ("?change=gained", ["famous.de", "rose.de", "rose.uk"]),
        ("?change=lost", ["fell.de"]),
        ("?country=gb", ["rose.uk"]),
        ("?after=FELL.de&country=DE", ["rose.de"]),
        (f"?from={THREE}&to={TWO}&change=lost", ["famous.de", "rose.de", "rose.uk"]),
        (f"?from={THREE}&to={THREE}", []),
    ],
)
async def test_a_level_changed_only_if_both_bounds_moved(tested, parameters, expected):
    """Changes are those of domains in both crawls whose bounds both moved, with filters and paging."""
    assert expected == [item["domain"] for item in await everything(tested, f"/readiness/changes{parameters}")]


async def test_a_change_has_both_levels(tested):
    """A change has the levels of both crawls, which the answer names with what they measured."""
    answer = await ask(tested, "/readiness/changes?change=lost")

    assert (str(TWO), str(THREE), levels.ALL) == (answer["from"], answer["to"], ",".join(answer["basis"]))
    assert [
        {
            "domain": "fell.de",
            "country": "DE",
            "change": "lost",
            "before": {"certain": "4", "possible": "5"},
            "after": {"certain": "3", "possible": "4"},
        }
    ] == answer["items"]


@pytest.mark.parametrize(
    "path",
    [
        f"/readiness/changes?from={ONE}",
        f"/readiness/changes?to={ONE}",
        f"/readiness/hall-of-fame?to={TWO}",
        "/readiness/changes?tag=other",
        "/readiness/hall-of-fame?tag=nothing",
        f"/readiness/changes?to={FOUR}",
        "/readiness/domains?tag=nothing",
    ],
)
async def test_crawls_of_another_basis_are_not_compared(tested, path):
    """Crawls of another basis, version or list have no comparison; neither has a crawl that is not there."""
    assert 404 == (await tested.get(f"/api/v1{path}")).status_code


async def test_fame_needs_two_crawls_and_certainty(tested):
    """The hall of fame has domains with level 5 or more in both crawls, for certain."""
    items = await everything(tested, "/readiness/hall-of-fame")

    assert [("famous.de", "5+")] == [(item["domain"], item["certain"]) for item in items]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("certain=4", ["found-out.de", "rose.de"]),
        ("certain=5plus", ["famous.de"]),
        ("possible=4&certain=3", ["fell.de", "narrower.de", "stayed.de"]),
        ("country=GB", ["new.uk", "rose.uk"]),
        (f"date={TWO}&possible=5&limit=2", ["fell.de", "famous.de", "narrower.de", "once.de", "perhaps.de"]),
    ],
)
async def test_domains_are_filtered(tested, parameters, expected):
    """Domains of a crawl are filtered by either level and by country, with paging."""
    items = await everything(tested, f"/readiness/domains?{parameters}")

    assert sorted(expected) == [item["domain"] for item in items]
