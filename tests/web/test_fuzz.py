"""Random requests to APIs and pages: no server error, and always the documented form."""

from __future__ import annotations

import re
import string
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from ipv6matrix.web.pages.views import VIEWS
from tests.web import client

QUIET = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


PATHS = [
    *("", "/crawls", "/hosts", "/reachability", "/penetration", "/countries", "/tlds", "/domains", "/domains/{name}"),
    *("/domains/{name}/badge.svg", "/changes/domains", "/changes/countries", "/changes/tlds", "/tables", "/services"),
    *("/tables/{table}.csv", "/tables/{table}.parquet", "/domains/{name}/readiness"),
    *("/domains/{name}/readiness/badge.svg", "/readiness", "/readiness/crawls", "/readiness/tags"),
    *("/readiness/domains", "/readiness/changes", "/readiness/hall-of-fame"),
]


@pytest.fixture(scope="module")
def document(server_url):
    return schemathesis.openapi.from_url(f"{server_url}/openapi.json")


def test_every_path_is_tried(document):
    """The tests cover exactly the paths of the OpenAPI document."""
    assert {f"/api/v1{path}" for path in PATHS} == set(document)


@pytest.mark.parametrize(
    ("path", "mode"),
    # Without parameters nothing can be asked wrongly.
    [(path, mode) for path in PATHS for mode in GenerationMode if mode.is_positive or path not in ("", "/tables")],
)
def test_the_document_is_true(document, path, mode):
    """Status, media type and body of any answer of /api/v1 match the OpenAPI document."""

    @QUIET
    @given(case=document[f"/api/v1{path}"]["GET"].as_strategy(generation_mode=mode))
    def ask(case):
        # A parameter without a value is absent: what the document calls a fault may be none.
        case.call_and_validate(excluded_checks=[] if mode.is_positive else [negative_data_rejection])

    ask()


PIECES = [
    *("hosts", "dualstack", "reach", "domains", "group-tld", "group-country", "group-", "country-de", "country-"),
    *("domain-a_b.de", "domain-'", "domain", "search-%", "search-'", "..", "%2e%2e", "%00", "%ff", "", "/", "\u00fc"),
    *("' OR '1'='1", "%27%20UNION%20SELECT%20sql%20FROM%20sqlite_schema--", "{}", "a" * 3000),
]
TEXT = st.one_of(
    st.sampled_from(["de", "WWW,MX", "50", "-1", "1e9", "9" * 400, "'", '"', "%", "\x00", "\ud7ff", ",,"]),
    st.text(max_size=20),
)


@given(
    word=st.sampled_from(["json", "xml", "html", "csv", "data"]),
    pieces=st.lists(st.one_of(st.sampled_from(PIECES), st.text(string.printable, max_size=12)), max_size=4),
    parameters=st.dictionaries(st.sampled_from(["tlds", "types", "min-sample", "x", "'"]), TEXT, max_size=3),
    accept=st.sampled_from(["*/*", "text/csv", "image/png", ",;q=", "a/b;q=9"]),
)
@settings(QUIET, max_examples=300)
async def test_the_api_of_2022_never_fails(sqlite_app, word, pieces, parameters, accept):
    """Any path and parameters return an answer or a client error without SQL."""
    path = quote("/".join(pieces), safe="/%'")
    async with client.over(sqlite_app) as web:
        answer = await web.get(f"/{word}/{path}", params=parameters, headers={"Accept": accept})

    assert answer.status_code in (200, 400, 404, 406)
    assert not [mark for mark in ("SELECT ", "sqlite", "Traceback") if mark in answer.text]


# What the parts of a page's address may be, and what they may not.
STATES = {
    "date": ["2022-07-20", "2024-02-29", "2024-02-30", "2023-01-06", "0000-00-00", "today", "2022-07-20T00:00"],
    "group": ["country", "tld", "type", "service", "date", "planet"],
    "measure": [measure.key for view in VIEWS.values() for measure in view.measures] + ["speed"],
    "country": ["DE", "de", "ZZ", "MT", "QX", "Germany"],
    "tld": ["de", "com,de", ".UK", "nowhere", "de,,", ",", "xn--p1ai", "a" * 64, ",".join(map(str, range(500)))],
    "type": ["WWW", "www,mx", "HTTP", "WWW,WWW"],
    "service": ["HTTP", "https,smtps", "WWW"],
    "least": ["0", "50", "2000", "-1", "1.5", "1e3", "9" * 9, "9" * 400, "\u0665"],
    "sort": ["name", "-name", "hosts", "-share", "--name", "date", "-"],
    "q": ["site", "a_b", "%", "_", "xn--"],
    "from": ["2022-07-20", "2024-02-29", "2099-01-01", "x"],
    "to": ["2023-01-05", "2022-07-20", "x"],
    "after": ["site05.de", "zzz", ""],
    "bracket": ["1000", "1000,10000", "0", "7", "1e3"],
    "certain": ["0", "5", "5plus", "5+", "6"],
    "change": ["gained", "lost", "moved"],
    "tag": ["uni", "", "nothing", "'", "a" * 400],
}
READY = ("", "/country-DE", "/steps.svg", "/chart.svg", "/table.csv", "/domains", "/changes", "/hall-of-fame")
PAGES = [
    *(f"/{view}{part}" for view in VIEWS for part in ("", "/country-DE", "/country-mt", "/map.svg", "/chart.svg")),
    *("/", "/domain", "/domain-a_b.de", "/domain-once.com", "/domain-'", "/domain-xn--a", "/country-gb", "/country-ZZ"),
    *(f"{root}{part}" for root in ("/readiness", "/readiness/tag-uni", "/readiness/tag-'") for part in READY),
    *("/tld-de", "/tld-.UK", "/tld-'", "/changes", "/hosts/table.csv", "/hosts/table.json", "/about", "/api"),
]


@given(path=st.sampled_from(PAGES), parameters=st.data())
@settings(QUIET, max_examples=150)
async def test_no_state_of_a_page_fails(sqlite_app, path, parameters):
    """Any state in the address returns a page, a redirect, or an error page."""
    names = parameters.draw(st.lists(st.sampled_from([*STATES, "x"]), max_size=4))
    query = [(name, parameters.draw(st.sampled_from(STATES.get(name, ["1"])) | TEXT)) for name in names]
    async with client.over(sqlite_app) as web:
        answer = await web.get(path, params=query)
        if answer.has_redirect_location:
            assert re.match(r"/[a-z]+[/?-]", answer.headers["location"])
            answer = await web.get(answer.headers["location"])

    assert answer.status_code in (200, 400, 404), answer.text[:2_000]
    assert not [mark for mark in ("SELECT ", "sqlite", "Traceback", "jinja") if mark in answer.text]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/ping", "/reach", "/hosts/country-DE", "/country-DE", "/domain", "/domain-a_b.de", "/changes", "/api"),
        *("/readiness", "/readiness/tag-uni", "/readiness/domains", "/readiness/changes", "/readiness/hall-of-fame"),
    ],
)
async def test_no_text_becomes_markup(sqlite_app, path):
    """Text of a link is shown as text, or not at all."""
    mark = "\"'><script>alert(6)</script>"
    async with client.over(sqlite_app) as web:
        answers = [await web.get(path, params={name: mark}, follow_redirects=True) for name in (*STATES, "x")]
        answers += [await web.get(f"{path.rstrip('/')}{glue}{quote(mark, safe='')}") for glue in ("/", "-")]

    for answer in answers:
        assert answer.status_code in (200, 400, 404), answer.url
        assert "<script>alert" not in answer.text
        assert [] == html.fromstring(answer.content).xpath("//script[not(@src)]|//@onload")


@pytest.mark.parametrize(
    "code", ["//evil.example", "\\\\evil.example", "/../..//evil.example", "DE\r\nSet-Cookie: a=1"]
)
async def test_no_choice_leads_to_others(sqlite_app, code):
    """An invalid country redirects only within the site, and adds no header."""
    async with client.over(sqlite_app) as web:
        answer = await web.get("/hosts", params={"country": code})
        place = answer.headers.get("location", "/")
        then = await web.get(place)

    assert "set-cookie" not in answer.headers
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))
    assert then.status_code in (200, 400, 404)
