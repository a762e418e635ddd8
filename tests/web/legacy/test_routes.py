"""The routes and errors of the API of 2022; test_golden.py has its answers."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree as ET

import pytest
from lxml import html


def flat(rows):
    return [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]


def of_xml(text):
    rows = ET.fromstring(text.encode())
    assert "response" == rows.tag
    assert {"row"} == {row.tag for row in rows}
    return [[field.tag for field in rows[0]], *([field.text for field in row] for row in rows)]


def of_html(text):
    (table,) = html.fromstring(text).xpath("//table")
    return [[cell.text_content() for cell in row.xpath("th|td")] for row in table.xpath(".//tr")]


def of_csv(text):
    assert "\r" not in text
    return list(csv.reader(io.StringIO(text)))


READERS = {"xml": of_xml, "html": of_html, "csv": of_csv}
# --- how it is asked ---


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/json/hosts", "/json/hosts/"),
        ("/json/hosts/group-tld", "/json/hosts/group-tld/"),
        ("/json/hosts/group-tld/country-de", "/json/hosts/group-tld/country-DE/"),
        ("/json/hosts?tlds=de,uk", "/json/hosts?tlds=DE,%20Uk,,uk"),
        ("/json/hosts?tlds=de,uk", "/json/hosts?tlds=uk&tlds=de"),
        ("/json/hosts?types=MX", "/json/hosts?types=mx&novelty=1"),
        ("/json/hosts", "/json/hosts?tlds=&types=&min-sample="),
        ("/json/hosts", "/json/hosts?tlds=,&types=%20"),
        ("/json/hosts", "/JSON/Hosts?min-sample=000"),
        ("/json/reach", "/json/reach?types=MX"),
        ("/json/domains", "/json/domains?types=MX"),
        ("/json/reach", "/json/reach?types=nonsense"),
        ("/json/country-DE", "/json/Country-de/"),
        ("/json/domain-site00.com", "/json/domain-SITE00.Com/"),
        ("/json/domain/search-site", "/json/domain/search-SiTe/"),
        ("/json/hosts/group-type", "/json/hosts/GROUP-Type"),
    ],
)
async def test_one_question_in_two_ways(web, path, other):
    """Case, a final slash, empty and unknown parameters make no difference."""
    first, second = await web.get(path), await web.get(other)

    assert 200 == first.status_code
    assert (first.status_code, first.text) == (second.status_code, second.text)


@pytest.mark.parametrize("label", ["json", "xml", "html", "csv", "data", "JSON"])
async def test_the_host_may_name_the_format(web, label):
    """json.example.org/hosts is the same as /json/hosts."""
    expected = await web.get(f"/{label}/hosts?tlds=de")
    answer = await web.get("/hosts?tlds=de", headers={"Host": f"{label}.example.org:8000"})

    assert (200, expected.text) == (answer.status_code, answer.text)
    assert expected.headers["content-type"] == answer.headers["content-type"]


@pytest.mark.parametrize(
    ("host", "path", "status", "media"),
    [
        ("json.example.org", "/csv/hosts", 200, "text/csv; charset=utf-8"),
        ("xml.example.org", "/nothing", 400, "application/xml; charset=utf-8"),
        ("csv.example.org", "/", 400, "text/csv; charset=utf-8"),
        # A machine may be called so, and a name may only begin so.
        ("json", "/hosts", 200, "text/html; charset=utf-8"),
        ("jsonx.example.org", "/hosts", 200, "text/html; charset=utf-8"),
        ("www.json.example.org", "/hosts", 200, "text/html; charset=utf-8"),
        ("", "/hosts", 200, "text/html; charset=utf-8"),
        ("[::1]:8000", "/hosts", 200, "text/html; charset=utf-8"),
        ("json.\u00e9\u00ff", "/hosts", 200, "application/json"),
    ],
)
async def test_paths_and_hosts_together(web, host, path, status, media):
    """A format in the path has precedence; only a whole first label is a format."""
    answer = await web.get(path, headers={"Host": host.encode("latin-1")})

    assert (status, media) == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/xml", "application/xml; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/*", "text/html; charset=utf-8"),
        ("text/csv, application/xml", "application/xml; charset=utf-8"),
        ("text/csv;q=0.9, application/xml;q=0.8", "text/csv; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
    ],
)
async def test_data_is_what_the_client_likes_best(web, accept, media):
    """The format data follows Accept, and has a Vary header."""
    answer = await web.get("/data/hosts", headers={"Accept": accept} if accept is not None else {})

    assert (200, media) == (answer.status_code, answer.headers["content-type"])
    assert "accept" in answer.headers["vary"].lower()


async def test_no_wish_at_all_is_json(web):
    """A client that sends no Accept receives JSON."""
    request = web.build_request("GET", "/data/hosts")
    del request.headers["Accept"]

    assert "application/json" == (await web.send(request)).headers["content-type"]


async def test_plain_text_is_csv(web):
    """text/plain has the same bytes as CSV."""
    answer = await web.get("/data/hosts", headers={"Accept": "text/plain"})

    assert (await web.get("/csv/hosts")).text == answer.text


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "nonsense"])
async def test_what_nobody_can_give_is_not_acceptable(web, accept):
    """If no format is acceptable, the answer is 406 in JSON."""
    answer = await web.get("/data/hosts", headers={"Accept": accept})

    assert 406 == answer.status_code
    assert ["error", "help"] == list(answer.json()[0])
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.parametrize("word", ["json", "xml", "html", "csv", "data"])
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("", "Invalid URI"),
        ("/", "Invalid URI"),
        ("/nothing", "Invalid URI"),
        ("/hosts/country-de", "Invalid URI"),
        ("/hosts/", None),
        ("/hosts//", "Invalid URI"),
        ("//hosts", "Invalid URI"),
        ("/hosts/group-", "Invalid URI"),
        ("/hosts/group-tld/country-", "Invalid URI"),
        ("/hosts/group-tld/more", "Invalid URI"),
        ("/domain", "Invalid URI"),
        ("/domain-", "Invalid URI"),
        ("/domain/search-", "Invalid URI"),
        ("/country-", "Invalid URI"),
        ("/domain-a/b", "Invalid URI"),
        ("/domain-a%2Fb", "Invalid URI"),
        ("/hosts/group-service", "Invalid group: hosts has tld, country, type"),
        ("/reach/group-type", "Invalid group: reach has tld, country, service"),
        ("/domains/group-type", "Invalid group: domains has tld, country"),
        ("/hosts?types=HTTP", "Invalid types: give some of NS,MX,WWW,NTP"),
        ("/hosts?min-sample=many", "Invalid min-sample: give a whole number"),
        ("/hosts?min-sample=-1", "Invalid min-sample: give a whole number"),
        ("/hosts?min-sample=5.5", "Invalid min-sample: give a whole number"),
        ("/hosts?min-sample=%D9%A5", "Invalid min-sample: give a whole number"),
        (f"/hosts?min-sample={'9' * 5_000}", "Invalid min-sample: give a whole number"),
        (f"/hosts?tlds={','.join(map(str, range(2_001)))}", "Invalid tlds: give at most 2000"),
        ("/hosts%0A", "Invalid URI"),
        ("/country-DE?min-sample=x", "Invalid min-sample: give a whole number"),
        ("/hosts?tlds=nothing", "Empty query"),
        ("/hosts/group-tld/country-ZZ", "Empty query"),
        ("/hosts/group-tld/country-germany", "Empty query"),
        ("/hosts?min-sample=99999999999999999999999999", "Empty query"),
        ("/country-XX", "Empty query"),
        ("/domain-nowhere.example", "Empty query"),
        ("/domain/search-nowhere", "Empty query"),
    ],
)
async def test_errors_have_one_shape_in_each_format(web, word, path, error):
    """An invalid request returns 400 with the fields error and help, in the requested format."""
    answer = await web.get(f"/{word}{path}")

    if error is None:
        assert 200 == answer.status_code
        return
    expected = [{"error": error, "help": "Check /api for help using the API"}]
    assert 400 == answer.status_code
    assert "no-store" == answer.headers["cache-control"]
    if word in READERS:
        assert flat(expected) == READERS[word](answer.text)
    else:
        assert expected == answer.json()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_it_is_for_reading_only(web, method):
    """Other methods are rejected in the requested format."""
    answer = await web.request(method, "/csv/hosts")

    assert (405, "error,help\n") == (answer.status_code, answer.text[:11])
    assert {"GET", "HEAD"} == set(answer.headers["allow"].split(", "))
