"""Sums by date and group, and numbers without noise."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.prepared.resources import FIGURES
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, HostData
from ipv6matrix.web.database import Summaries
from ipv6matrix.web.figures import Slice, number, sums, tidy
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION
from tests.web.legacy import oracle
from tests.web.summaries import DATES


@pytest.fixture(params=[True, False], ids=["prepared", "plain"])
def prepared(request):
    """Whether sums are read from the totals, or added up."""
    return request.param


@pytest.fixture
def ask(summary_url, prepared):
    """Ask both kinds of databases."""
    summaries = Summaries(summary_url)

    def asked(figures, **words):
        query = sums(figures, Slice(**words), prepared=prepared)
        with summaries.connect() as connection:
            return connection.execute(query).mappings().all()

    yield asked
    summaries.close()


@pytest.mark.parametrize("group", [None, "tld", "country", "type"])
def test_rows_come_by_date_and_group(ask, group):
    """
    One row for each date and word, in that order.
    """
    rows = ask(FIGURES["hosts"], group=group)

    expected = [(row["date"], row.get(group), row["hosts"]) for row in oracle.figures("hosts", group)]
    assert expected == [(str(row["date"]), row.get(group), number(row["hosts"])) for row in rows]


FILTERS = [
    {"tlds": ["de"]},
    {"tlds": ["de", "com", "de"]},
    {"types": ["WWW"]},
    {"types": ["WWW", "MX"], "tlds": ["uk"]},
    {"types": ["NTP", "NS"], "tlds": ["uk", "com"], "least": 40},
    {"country": "GB"},
    {"country": "GB", "types": ["MX", "NS"]},
    {"country": "US", "tlds": ["com", "de"]},
    {"country": "DE", "tlds": ["com", "uk"], "types": ["MX", "WWW"], "least": 30},
    {"least": 60},
]


@pytest.mark.parametrize("resource", oracle.FIGURES)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_every_filter_of_every_group(ask, resource, filters):
    """
    Sums are those of plain Python, whatever is filtered and grouped, and whether there are totals or not.
    """
    kind, groups, _ = oracle.FIGURES[resource]
    only = {
        "country": [filters["country"]] if "country" in filters else [],
        "tld": filters.get("tlds", []),
        "type": filters.get("types", []) if kind is HostData else [],
    }
    for group in (None, *groups):
        found = ask(FIGURES[resource], group=group, only=only, least=filters.get("least", 0))

        rows = [{**row, "date": str(row["date"])} for row in found]
        numbers = [{name: number(value) for name, value in row.items()} for row in rows]
        assert oracle.figures(resource, group, **filters) == numbers


def test_a_period_has_its_first_and_last_date(ask):
    """
    Both belong to it.
    """
    rows = ask(FIGURES["hosts"], since=DATES[1], until=DATES[1])

    assert [DATES[1]] == [row["date"] for row in rows]


def test_the_least_total_is_one_of_the_whole_row(ask):
    """
    What is compared is the sum, not what is summed.
    """
    largest = max(row["hosts"] for row in oracle.figures("hosts"))

    assert [largest] == [number(row["hosts"]) for row in ask(FIGURES["hosts"], least=largest)]


def test_a_ratio_is_one_of_sums(ask):
    """
    The share of all hosts together, in full precision.
    """
    for row in ask(HOSTS, group="tld"):
        assert number(row["with_ipv6"] / (row["hosts"] - row["unknown"]), 6) == number(row["ipv6_share"], 6)


def test_nothing_known_has_no_share(tmp_path, prepared):
    """
    A ratio whose whole is 0 is nothing, not 0.
    """
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with Database(url) as database:
        publish(database, DATES[0], [DomainPenetration(date=DATES[0], country="DE", tld="de", domains=2, unknown=2)])
    summaries = Summaries(url)
    with summaries.connect() as connection:
        (row,) = connection.execute(sums(PENETRATION, Slice(), prepared=prepared)).mappings()
    summaries.close()

    assert (2, None) == (row["domains"], row["ipv6_share"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, 0.3),
        (12.0, 12),
        (Decimal(17), 17),
        (Decimal("17.5000"), 17.5),
        (1234.5678, 1234.568),
        (3, 3),
        ("3", "3"),
        (None, None),
    ],
)
def test_numbers_carry_no_noise(value, expected):
    """
    Three digits, and no point where there is nothing behind it.
    """
    assert (expected, type(expected)) == (number(value), type(number(value)))


@pytest.mark.parametrize(
    "values", [(1, 2), ("de", "uk"), (0.1 + 0.2, 12.0), (0.5, None), (Decimal(17), Decimal("0.25")), (), (1, 2.0)]
)
def test_columns_carry_no_noise_either(values):
    """
    The same as each number by itself.
    """
    expected = [number(value) for value in values]

    assert [(value, type(value)) for value in expected] == [(value, type(value)) for value in tidy(values)]
