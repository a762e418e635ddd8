"""An identifier for each request, and one line about it."""

from __future__ import annotations

import logging
import re

import pytest
from starlette.responses import PlainTextResponse

from ipv6matrix.web.request_log import RequestLog
from tests.web import client

LINE = re.compile(r"GET \S+ (\d+) (\d+) octets [\d.]+ ms (\S+)")


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, "ipv6matrix.web")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "ipv6matrix.web.request_log"]


async def test_each_request_is_one_line(web, lines):
    """
    Method, path, status, octets, time and identifier; the answer carries that, too.
    """
    answer = await web.get("/json/hosts?tlds=de", headers={"Accept-Encoding": "identity"})

    (line,) = lines()
    found = LINE.fullmatch(line)
    assert line.startswith("GET /json/hosts?tlds=de ")
    assert ("200", str(len(answer.content)), answer.headers["x-request-id"]) == found.groups()


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 64])
async def test_a_good_identifier_is_given_back(web, given):
    """
    Whoever follows a request through several servers finds it again.
    """
    assert given == (await web.get("/api/v1", headers={"X-Request-ID": given})).headers["x-request-id"]


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "<script>", "a;b", "\u00fc"])
async def test_a_bad_identifier_is_replaced(web, given):
    """
    What could mean something elsewhere is not repeated.
    """
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
    """
    A line stays one printable line of some length, whatever was asked.
    """
    await web.get(path.replace("\x7f", "%7f"))

    (line,) = lines()
    assert line.isprintable()
    assert len(line) < 500


async def test_an_error_of_ours_is_a_traceback_in_the_log_only(lines, caplog):
    """
    The exception ends in the log; the server goes on.
    """

    async def broken(scope, receive, send):
        await PlainTextResponse("sorry", 500)(scope, receive, send)
        raise ZeroDivisionError("within")

    async with client.over(RequestLog(broken)) as web:
        answer = await web.get("/")

    assert (500, "sorry") == (answer.status_code, answer.text)
    assert ["Request", "GET"] == [line.split()[0] for line in lines()]
    assert "ZeroDivisionError: within" in caplog.text
