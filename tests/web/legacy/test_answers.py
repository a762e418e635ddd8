"""Rows, and their nested form."""

from __future__ import annotations

import pytest

from ipv6matrix.web.database import Summaries
from ipv6matrix.web.legacy.answers import nested, rows
from ipv6matrix.web.legacy.questions import Question
from tests.web.legacy import oracle


@pytest.fixture
def connection(sqlite_url):
    summaries = Summaries(sqlite_url)
    with summaries.connect() as open_one:
        yield open_one
    summaries.close()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(resource="reach", group="service", country="GB"), oracle.figures("reach", "service", "GB")),
        (Question(resource="ping", types=("MX",), least=20), oracle.figures("ping", types=("MX",), least=20)),
        (Question(resource="country", country="US"), oracle.of_country("US")),
        (Question(resource="domain", name="a_b.de"), oracle.of_domain("a_b.de")),
        (Question(resource="search", name="site"), oracle.search("site")),
        (Question(resource="domain", name="nowhere"), []),
    ],
    ids=lambda value: getattr(value, "resource", ""),
)
def test_rows_are_those_of_the_question(connection, question, expected):
    """
    Fields stand in their order.
    """
    found, plain = (rows(connection, question, prepared=prepared) for prepared in (True, False))

    assert expected == found == plain
    assert [list(row) for row in expected] == [list(row) for row in found]


@pytest.mark.parametrize(
    ("question", "tree"),
    [
        (Question(resource="hosts"), {"d": {"tld": "de", "country": "DE", "domain": "a.de", "n": 1}}),
        (Question(resource="hosts", group="tld"), {"d": {"de": {"country": "DE", "domain": "a.de", "n": 1}}}),
        (Question(resource="country"), {"d": {"DE": {"tld": "de", "domain": "a.de", "n": 1}}}),
        (Question(resource="domain"), {"d": {"a.de": {"tld": "de", "country": "DE", "n": 1}}}),
        (Question(resource="search"), ["a.de"]),
    ],
    ids=lambda value: getattr(value, "resource", ""),
)
def test_leaves_are_without_their_keys(question, tree):
    """
    By date, then by group, country or domain; what is no key stays inside.
    """
    row = {"date": "d", "tld": "de", "country": "DE", "domain": "a.de", "n": 1}

    assert tree == nested(question, [row])
