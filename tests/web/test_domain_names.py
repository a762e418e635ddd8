"""Search for names as people type them."""

from __future__ import annotations

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainPenetration, DomainRow
from ipv6matrix.web import domain_names
from tests.web import client
from tests.web.summaries import DATES

NAMES = [
    *("a-b.de", "a.de", "a_b.de", "ab.de", "abz.de", "b.de", "example.org", "za.de", "zz.de"),
    *("xn--mnchen-3ya.de", "xn--mnster-3ya.de", "xn--e1afmkfd.xn--p1ai"),
]


@pytest.fixture(scope="module")
def names_url(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('names') / 'matrix.db'}"
    rows = [DomainRow(date=DATES[0], domain=name, country="ZZ") for name in NAMES]
    with Database(url) as database:
        publish(database, DATES[0], [*rows, DomainPenetration(date=DATES[0], country="ZZ", tld="xn--p1ai", domains=1)])
    return url


@pytest.fixture(scope="module")
def names(names_url):
    return client.read_models(names_url).current


@pytest.mark.parametrize("prefix", ["a", "a_", "a-", "ab", "ab.de", "z", "zz", "%", "_", "'", "\x00", "ac", "xn--"])
def test_names_begin_with_what_is_typed(names, prefix):
    """The search text is a prefix of names, whatever it contains."""
    assert sorted(name for name in NAMES if name.startswith(prefix)) == domain_names.search(names, prefix, 20)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("m\u00fcnchen.de", ["xn--mnchen-3ya.de"]),
        ("M\u00dcNCHEN.DE", ["xn--mnchen-3ya.de"]),
        ("mu\u0308nchen.de", ["xn--mnchen-3ya.de"]),
        ("m\u00fcn", ["xn--mnchen-3ya.de", "xn--mnster-3ya.de"]),
        ("www.m\u00fcnchen.de", ["xn--mnchen-3ya.de"]),
        ("https://www.m\u00fcnchen.de/stadt?a=b", ["xn--mnchen-3ya.de"]),
        ("\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", ["xn--e1afmkfd.xn--p1ai"]),
        ("\u043f\u0440\u0438", ["xn--e1afmkfd.xn--p1ai"]),
        ("m\u00fcnchen\u3002de", ["xn--mnchen-3ya.de"]),
        ("example.org.", ["example.org"]),
        (" Example.ORG ", ["example.org"]),
        ("www.example.org", ["example.org"]),
        ("mail.eu.example.org.", ["example.org"]),
        ("https://example.org/x", ["example.org"]),
        ("http://user@example.org:8080", ["example.org"]),
        ("//example.org", ["example.org"]),
        ("example.org/x", ["example.org"]),
        ("example.org:443", ["example.org"]),
        ("hostmaster@example.org", ["example.org"]),
        ("mailto:hostmaster@example.org", ["example.org"]),
        ("https://exam", ["example.org"]),
        ("", []),
        (".", []),
        ("https://", []),
        ("http://[::1", []),
        ("nothing.example.com", []),
        ("www.de", []),
        ("\ud800", []),
        ("x" * 5_000, []),
    ],
)
def test_domains_are_found_as_people_type(names, typed, expected):
    """A domain is found by U-labels, with www., as a URL, and with a final dot."""
    assert expected == domain_names.search(names, typed, 20)


@pytest.mark.parametrize("typed", ["m%C3%BCnchen.de", "www.example.org", "https:%2F%2Fexample.org%2Fx", "example.org."])
async def test_each_search_knows_how_people_type(names_url, typed):
    """The page, its suggestions and both APIs accept these spellings."""
    async with client.of(names_url) as web:
        page = (await web.get(f"/domain?q={typed}")).text
        listed = (await web.get(f"/api/v1/domains?prefix={typed}")).json()["items"]
        searched = None if "%2F" in typed else (await web.get(f"/json/domain/search-{typed}")).json()

    (name,) = [item["domain"] for item in listed]
    assert f'href="/domain-{name}"' in page
    assert searched in (None, [name])


async def test_a_tld_may_be_in_its_own_letters(names_url):
    """A TLD may be a U-label: as a page, in a filter of a view, and in the API of 2022."""
    async with client.of(names_url) as web:
        for path in (
            "/tld-\u0440\u0444",
            "/tld-.\u0420\u0424",
            "/domains?tld=\u0440\u0444",
            "/csv/domains?tlds=\u0440\u0444",
        ):
            assert 200 == (await web.get(path)).status_code, path
