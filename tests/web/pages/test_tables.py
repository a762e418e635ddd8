"""The table of a view in each format, and links to the APIs."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
from lxml import etree, html

from ipv6matrix.web.pages import state, tables
from ipv6matrix.web.pages.views import VIEWS

DATES = (dt.date(2022, 7, 20), dt.date(2023, 1, 5))


def shown(view="hosts", country=None, **values):
    return state.read(VIEWS[view], country, values, DATES)


ROWS = [
    {"date": DATES[1], "country": "DE", "hosts": 10, "unknown": 2, "with_ipv6": 2},
    {"date": DATES[1], "country": "FR", "hosts": 1, "unknown": 1, "with_ipv6": 0},
]


def read(word):
    """Parse a format into rows of texts."""
    text = tables.write(word, shown(), ROWS)
    if word == "json":
        return [["" if value is None else str(value) for value in row.values()] for row in json.loads(text)]
    if word == "csv":
        return [[*row.values()] for row in csv.DictReader(io.StringIO(text))]
    if word == "xml":
        return [[cell.text or "" for cell in row] for row in etree.fromstring(text.encode())]
    return [[cell.text or "" for cell in row] for row in html.fromstring(text).xpath("//tr")[1:]]


@pytest.mark.parametrize("word", tables.FORMATS)
def test_every_format_has_the_same_rows(word):
    """Formats have the same rows, with unknown values as null or empty, never 0."""
    day = str(DATES[1])
    assert [[day, "DE", "10", "2", "2", "0.25"], [day, "FR", "1", "1", "0", ""]] == read(word)


def test_links_have_the_filters():
    """Links contain date, group, country, TLDs and types, as each API spells them."""
    links = tables.links(shown(country="DE", group="type", tld="com,de", type="MX"))

    assert "/hosts/country-DE/table.csv?group=type&tld=com,de&type=MX" == links["CSV"]
    assert (
        "/api/v1/hosts?from=2023-01-05&to=2023-01-05&group=type&country=DE&tld=com,de&type=MX&limit=1000"
        == links["API v1"]
    )
    assert "/csv/hosts/group-type/country-DE?tlds=com,de&types=MX" == links["All crawls (API of 2022)"]


def test_the_apis_leave_out_what_the_table_does():
    """The minimum applies to the APIs too, except for round-trip times, where they count other hosts."""
    hosts, ping = (tables.links(shown(view), 50) for view in ("hosts", "ping"))

    assert "least=50&" in hosts["API v1"]
    assert hosts["All crawls (API of 2022)"].endswith("?min-sample=50")
    assert [] == [link for link in ping.values() if "50" in link]


@pytest.mark.parametrize(
    ("view", "values", "missing"),
    [("hosts", {"type": "MX,NS"}, "API v1"), ("reach", {"service": "HTTP"}, "All crawls (API of 2022)")],
)
def test_an_api_that_cannot_say_the_same_is_not_linked(view, values, missing):
    """An API without an equivalent query is not linked."""
    assert missing in tables.links(shown(view))
    assert missing not in tables.links(shown(view, **values))
