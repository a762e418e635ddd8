"""The state of a view, in its address."""

from __future__ import annotations

import datetime as dt

import pytest
from starlette.datastructures import QueryParams

from ipv6matrix.web.pages import addresses, state
from ipv6matrix.web.pages.addresses import BadStateError
from ipv6matrix.web.pages.views import VIEWS
from ipv6matrix.web.problems import NotFoundError

DATES = (dt.date(2022, 7, 20), dt.date(2023, 1, 5))


def read(view="ping", country=None, **values):
    return state.read(VIEWS[view], country, values, DATES)


def test_an_address_without_parameters_is_the_last_crawl_by_country():
    """The default is the last crawl by country; the page of a country shows all crawls."""
    assert (DATES[1], "country", "faster") == (read().date, read().group, read().measure.key)
    assert ("date", "DE") == (read(country="de").group, read(country="de").country)


def test_a_link_keeps_what_it_does_not_change():
    """A link keeps other parameters, None removes one, and unknown ones are dropped."""
    shown = read(country="DE", date="2022-07-20", type="mx", utm="1")

    assert "/ping/country-DE?date=2022-07-20&type=MX&sort=-name" == shown.link(sort="-name")
    assert "/ping?type=MX" == shown.link("/ping", date=None)


def test_filters_choose_rows():
    """Country, TLD and type filter rows; the map ignores the country."""
    shown = read(country="DE", tld=".ORG", type="mx")

    assert {"tld": ("org",), "country": ("DE",), "type": ("MX",)} == shown.slice(None).only
    assert {"tld": ("org",), "type": ("MX",)} == shown.slice("country", everywhere=True).only


@pytest.mark.parametrize(
    "values",
    [
        {"date": "yesterday"},
        {"group": "planet"},
        {"group": "service"},
        {"measure": "speed"},
        {"tld": "a b"},
        {"tld": ",".join(f"t{number}" for number in range(21))},
        {"type": "HTTP"},
        {"least": "-1"},
        {"least": "9" * 10},
        {"sort": "password"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_told(values):
    """The error for an invalid value begins with the name of the parameter."""
    with pytest.raises(BadStateError, match=f"^Invalid {next(iter(values))}: "):
        read(**values)


@pytest.mark.parametrize(("country", "values"), [("XQ1", {}), ("QX", {}), (None, {"date": "1999-01-01"})], ids=str)
def test_what_is_not_there_is_told(country, values):
    """An unknown country or crawl is an error."""
    with pytest.raises(NotFoundError, match=r"^There is no "):
        read(country=country, **values)


def test_small_crawls_show_everything():
    """The default minimum is 50 hosts, except in small crawls."""
    assert [1, 50, 100] == [read().least_of(9), read().least_of(10_000), read(least="100").least_of(9)]


@pytest.mark.parametrize("texts", [["com,de"], ["com", "de"], [".COM, de"], ["com,de,com"], ["com,,de,"]], ids=str)
def test_tlds_are_a_list_in_any_spelling(texts):
    """TLDs may be separated by commas or given one by one, with or without dots; each counts once."""
    assert ("com", "de") == addresses.tlds(texts)


def test_lists_are_one_parameter():
    """A list is one parameter, in whatever form a browser sends it."""
    shown = state.read(VIEWS["hosts"], None, QueryParams("type=NS&type=WWW&tld=.de,com"), DATES)

    assert ({"tld": ("de", "com"), "type": ("WWW", "NS")}) == shown.filters
    assert "/hosts?type=WWW,NS&tld=de,com" == shown.link()


def test_all_types_leave_the_address():
    """Choosing all types removes the parameter."""
    assert "/hosts" == state.read(VIEWS["hosts"], None, {"type": "NS,MX,WWW,NTP"}, DATES).link()


def test_a_file_tells_what_is_in_it():
    """The name of a file contains view, figure, filters, group and date."""
    shown = read(country="DE", date="2022-07-20", tld="com,de", type="MX", group="type")

    assert "ipv6matrix-ping-faster-DE-tld-com-tld-de-MX-by-type-2022-07-20-map" == shown.file_name("map")


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("country=DE", "/hosts/country-DE"),
        ("country=DE&group=country&type=NS&type=MX", "/hosts/country-DE?type=NS&type=MX"),
        ("country=/../x", "/hosts/country-%2F..%2Fx"),
        ("group=tld", None),
    ],
)
def test_a_form_asks_for_a_country(query, address):
    """A form with a country leads to the country's address with the other choices."""
    assert address == state.moved("/hosts", QueryParams(query))
