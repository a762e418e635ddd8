"""The API of 2022, request by request: what docs/api.md says of it, worked out by another way."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
from lxml import html

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from tests.web import client
from tests.web.legacy import oracle
from tests.web.legacy.small import DATE, EARLIER, EXACTLY, ROWS

# --- every resource, group and parameter, in every format ---


def tables():
    """Give path, rows and the keys by which they are nested."""
    for resource, (_, groups, _) in oracle.FIGURES.items():
        ways = [(None, None), *((group, None) for group in groups), *((group, "DE") for group in groups)]
        for group, country in ways:
            path = f"/{resource}" + (f"/group-{group}" if group else "") + (f"/country-{country}" if country else "")
            keys = ("date", group) if group else ("date",)
            yield path, oracle.figures(resource, group, country), keys
            tlds = oracle.figures(resource, group, country, tlds=("de", "uk"))
            yield f"{path}?tlds=de,uk&min-sample=", tlds, keys
        least = oracle.figures(resource, "tld", types=("WWW", "MX"), least=50)
        yield f"/{resource}/group-tld?types=WWW,MX&min-sample=50", least, ("date", "tld")
    for code in ("DE", "GB", "US"):
        keys = ("date", "country")
        yield f"/country-{code}", oracle.of_country(code), keys
        yield f"/country-{code}?tlds=com&types=MX", oracle.of_country(code, tlds=("com",), types=("MX",)), keys
        yield f"/country-{code}?min-sample=400", oracle.of_country(code, least=400), keys
    for name in ("site00.com", "a_b.de", "once.com", "xn--mnchen-3ya.de"):
        yield f"/domain-{name}", oracle.of_domain(name), ("date", "domain")


TABLES = list(tables())
ASKED = [(path, rows, keys, form) for path, rows, keys in TABLES for form in ("json", "xml", "html", "csv")]


def in_form(form, path):
    return f"/{form}{path}"


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
MEDIA = {
    "json": "application/json",
    "xml": "application/xml; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
REFUSED = {"error": "Empty query", "help": "Check /api for help using the API"}


@pytest.fixture(scope="module")
def app(summary_url):
    return client.create_app(summary_url, "/nowhere")


def test_the_table_is_long_enough():
    """
    More than 150 requests, nearly all of which find something.
    """
    assert len(ASKED) >= 150
    assert sum(not rows for _, rows, _, _ in ASKED) < len(ASKED) / 20


@pytest.mark.parametrize(("path", "rows", "keys", "form"), ASKED, ids=lambda value: value if "/" in value else "")
async def test_every_question_has_its_answer(app, path, rows, keys, form):
    """
    Rows, their order, their fields and their order are those that plain sums give.
    """
    async with client.over(app) as web:
        answer = await web.get(in_form(form, path))

    assert (200 if rows else 400) == answer.status_code
    assert MEDIA[form] == answer.headers["content-type"]
    expected = rows or [REFUSED]
    if form == "json":
        tree = oracle.nested(rows, *keys) if rows else expected
        # Written out, because nested fields have their order too.
        assert json.dumps(tree) == json.dumps(answer.json())
    else:
        assert flat(expected) == READERS[form](answer.text)


@pytest.mark.parametrize(
    "prefix", ["s", "site0", "site01.", "SITE0", "a", "a_", "a_b", "axb", "xn--", "once.com", "%", "_", "a%", "zz"]
)
@pytest.mark.parametrize("form", ["json", "xml", "html", "csv"])
async def test_a_search_finds_what_begins_so(app, prefix, form):
    """
    At most twenty names, in their order; `%` and `_` are themselves.
    """
    expected = oracle.search(prefix.lower()) or [REFUSED]

    async with client.over(app) as web:
        answer = await web.get(f"/{form}/domain/search-{prefix.replace('%', '%25')}")

    if form == "json":
        names = [row["domain"] for row in expected] if expected != [REFUSED] else expected
        assert names == answer.json()
    else:
        assert flat(expected) == READERS[form](answer.text)


# --- word for word ---


@pytest.fixture
async def small(tmp_path):
    """A client of a server over the few rows that the exact answers tell of."""
    url = f"sqlite:///{tmp_path / 'small.db'}"
    with Database(url) as database:
        for date in (EARLIER, DATE):
            publish(database, date, [row for row in ROWS if row.date == date])
    async with client.of(url) as asking:
        yield asking


@pytest.mark.parametrize(("path", "status", "body"), EXACTLY, ids=lambda value: str(value)[:60])
async def test_answers_word_for_word(small, path, status, body):
    """
    What clients of 2022 read, to the octet.
    """
    answer = await small.get(path)

    assert (status, body) == (answer.status_code, answer.text)


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
    """
    Case, a final slash, what is empty and what is not known make no difference.
    """
    one, two = await web.get(path), await web.get(other)

    assert 200 == one.status_code
    assert (one.status_code, one.text) == (two.status_code, two.text)


@pytest.mark.parametrize("label", ["json", "xml", "html", "csv", "data", "JSON"])
async def test_the_host_may_name_the_format(web, label):
    """
    json.example.org/hosts is /json/hosts.
    """
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
    """
    A format in the path comes first; only a whole first label is a format.
    """
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
    """
    The format data goes by Accept, and says so to caches.
    """
    answer = await web.get("/data/hosts", headers={"Accept": accept} if accept is not None else {})

    assert (200, media) == (answer.status_code, answer.headers["content-type"])
    assert "accept" in answer.headers["vary"].lower()


async def test_no_wish_at_all_is_json(web):
    """
    A client that sends no Accept gets JSON.
    """
    request = web.build_request("GET", "/data/hosts")
    del request.headers["Accept"]

    assert "application/json" == (await web.send(request)).headers["content-type"]


async def test_plain_text_is_csv(web):
    """
    text/plain has the octets of CSV.
    """
    answer = await web.get("/data/hosts", headers={"Accept": "text/plain"})

    assert (await web.get("/csv/hosts")).text == answer.text


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "nonsense"])
async def test_what_nobody_can_give_is_not_acceptable(web, accept):
    """
    Nothing fits: 406, in JSON.
    """
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
    """
    400 with the fields error and help, in the format that was asked for.
    """
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
    """
    Other methods are refused in the format that was asked for.
    """
    answer = await web.request(method, "/csv/hosts")

    assert (405, "error,help\n") == (answer.status_code, answer.text[:11])
    assert {"GET", "HEAD"} == set(answer.headers["allow"].split(", "))
