"""Headers of every answer, HEAD, codings, and the access log."""

from __future__ import annotations

import logging
import re

import pytest
from starlette.responses import PlainTextResponse

from ipv6matrix.web.middleware import Middleware
from tests.web import client

LINE = re.compile(r"GET \S+ (\d+) (\d+) octets [\d.]+ ms (\S+)")


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "ipv6matrix.web")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "ipv6matrix.web.middleware"]


async def test_each_request_is_one_line(web, lines):
    """A request is one log line with method, path, status, bytes, time and the identifier of the answer."""
    answer = await web.get("/json/hosts?tlds=de", headers={"Accept-Encoding": "identity"})

    (line,) = lines()
    match = LINE.fullmatch(line)
    assert line.startswith("GET /json/hosts?tlds=de ")
    assert ("200", str(len(answer.content)), answer.headers["x-request-id"]) == match.groups()


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 64])
async def test_a_good_identifier_is_given_back(web, given):
    """A valid identifier of the client is returned, so that requests can be traced across servers."""
    assert given == (await web.get("/api/v1", headers={"X-Request-ID": given})).headers["x-request-id"]


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "<script>", "a;b", "\u00fc"])
async def test_a_bad_identifier_is_replaced(web, given):
    """An identifier with special characters is replaced."""
    answer = await web.get("/api/v1", headers={"X-Request-ID": given.encode("latin-1")})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize(
    "path",
    [
        "/json/%0a%0d2026-01-01%20FAKE",
        "/json/hosts?tlds=%1b[31m",
        "/%e2%80%ae",
        "/json/\u00fc?x=\x7f'\"",
        "/" + "a" * 5000,
    ],
)
async def test_no_path_writes_into_the_log(web, lines, path):
    """A log line is printable, limited in length, and never split by a path."""
    await web.get(path.replace("\x7f", "%7f"))

    (line,) = lines()
    assert line.isprintable()
    assert len(line) < 500


async def test_an_error_of_ours_is_a_traceback_in_the_log_only(lines, caplog):
    """An exception has a traceback in the log only, and the server continues."""

    async def broken(scope, receive, send):
        await PlainTextResponse("sorry", 500)(scope, receive, send)
        raise ZeroDivisionError("within")

    async with client.over(Middleware(broken, lambda scope: scope)) as web:
        answer = await web.get("/")

    assert (500, "sorry") == (answer.status_code, answer.text)
    assert ["Request", "GET"] == [line.split()[0] for line in lines()]
    assert "ZeroDivisionError: within" in caplog.text


PATHS = [
    "/json/hosts",
    "/json/nothing",
    "/api/v1",
    "/api/v1/nothing",
    "/nothing",
    "/api",
    "/static/api.css",
    "/openapi.json",
    *("/", "/hosts?group=tld", "/hosts/chart.svg", "/domain-a_b.de", "/domain?q=site", "/changes", "/about"),
    *("/hosts?date=never", "/domain-nowhere.example", "/static/site.css"),
]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_is_guarded(web, path):
    """Headers forbid foreign content, frames and type guessing, and allow cross-origin reading."""
    headers = (await web.get(path)).headers

    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "DENY" == headers["x-frame-options"]
    assert "*" == headers["access-control-allow-origin"]
    assert "cross-origin" == headers["cross-origin-resource-policy"]
    assert "server" not in headers


@pytest.mark.parametrize("path", [*PATHS, "/data/hosts", "/api/v1/domains/a_b.de/badge.svg"])
async def test_head_is_get_without_its_body(web, path):
    """HEAD returns the same status and headers without a body (RFC 9110 section 9.3.2)."""
    get, head = await web.get(path), await web.head(path)

    assert b"" == head.content
    different = {"x-request-id"}
    assert get.status_code == head.status_code
    assert {name: value for name, value in get.headers.items() if name not in different} == {
        name: value for name, value in head.headers.items() if name not in different
    }


async def test_other_sites_may_ask(web):
    """A preflight request allows GET and its headers without credentials."""
    answer = await web.options(
        "/api/v1/hosts", headers={"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    )

    assert (204, "*") == (answer.status_code, answer.headers["access-control-allow-origin"])
    assert "GET, HEAD" == answer.headers["access-control-allow-methods"]
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]


LONG = ["/api/v1/hosts?group=tld", "/json/country-de", "/html/reach/group-tld", "/hosts", "/static/site.css"]


@pytest.mark.parametrize("path", LONG)
async def test_long_answers_are_compressed(web, path):
    """A client that accepts gzip receives the same text compressed."""
    plain = await web.get(path, headers={"Accept-Encoding": "identity"})
    zipped = await web.get(path, headers={"Accept-Encoding": "gzip"})

    assert ("gzip", None) == (zipped.headers["content-encoding"], plain.headers.get("content-encoding"))
    assert plain.text == zipped.text
    assert "accept-encoding" in zipped.headers["vary"].lower()


@pytest.mark.parametrize("path", LONG)
@pytest.mark.parametrize("refusal", ["gzip;q=0", "br, *;q=0"])
async def test_who_refuses_a_coding_does_not_get_it(web, path, refusal):
    """A coding with a weight of 0 is not used (RFC 9110 section 12.4.2), neither for answers nor for files."""
    assert "content-encoding" not in (await web.get(path, headers={"Accept-Encoding": refusal})).headers


@pytest.mark.parametrize(
    ("query", "expected"),
    [(b"", b""), (b"a=&b=1&c", b"b=1"), (b"a=1&b=2", b"a=1&b=2"), (b"&&a==&=", b"a=="), (b"a=%20", b"a=%20")],
)
async def test_parameters_without_a_value_are_dropped(query, expected):
    """Empty parameters, as forms send them, are ignored."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["query_string"])

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": []}
    await Middleware(app, lambda scope: scope)(scope, None, None)

    assert [expected] == seen
