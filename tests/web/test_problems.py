"""Errors in the form that fits the path."""

from __future__ import annotations

import pytest

from ipv6matrix.web import sums
from ipv6matrix.web.legacy import answers
from ipv6matrix.web.v1 import figures as figures_v1
from tests.web import client


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/api/v1/nothing", 404, "There is nothing at this path"),
        ("/api/v1/hosts/", 404, "There is nothing at this path"),
        ("/static/nothing.js", 404, "There is nothing at this path"),
        ("/api/v1/domains/nowhere.example", 404, "No crawl has asked about nowhere.example"),
        ("/api/v1/domains/%27%20OR%201=1", 404, "Not a valid domain name"),
        (
            "/api/v1/countries?date=1999-01-01",
            404,
            "There is no crawl of 1999-01-01: /api/v1/crawls lists those that are",
        ),
        ("/api/v1/changes/tlds?to=2022-07-20", 404, "There is no crawl before 2022-07-20"),
        ("/api/v1/hosts?country=Germany", 400, "country: String should match pattern"),
        ("/api/v1/hosts?limit=1001", 400, "limit: Input should be less than or equal to 1000"),
        ("/api/v1/hosts?limit=0", 400, "limit: Input should be greater than or equal to 1"),
        ("/api/v1/hosts?offset=-1", 400, "offset: Input should be greater than or equal to 0"),
        ("/api/v1/hosts?from=yesterday", 400, "from: "),
        ("/api/v1/hosts?sort=password", 400, "sort: String should match pattern"),
        ("/api/v1/hosts?type=HTTP", 400, "type: Input should be"),
        ("/api/v1/hosts?countri=DE", 400, "countri: Extra inputs are not permitted"),
        ("/api/v1/hosts?least=" + "9" * 5_000, 400, "least: "),
        ("/api/v1/tables/secrets.csv", 400, "table: Input should be"),
    ],
)
async def test_problems_tell_what_is_wrong(web, path, status, detail):
    """Problem details (RFC 9457) describe this request."""
    answer = await web.get(path)
    problem = answer.json()

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert ("about:blank", status) == (problem["type"], problem["status"])
    assert problem["detail"].startswith(detail)
    assert (status == 400) == ("errors" in problem)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_only_reading_is_allowed(web, method):
    """Other methods return 405 with the allowed ones."""
    answer = await web.request(method, "/api/v1/hosts")

    assert (405, "Method Not Allowed", "GET") == (answer.status_code, answer.json()["title"], answer.headers["allow"])


@pytest.fixture
def broken(sqlite_url, monkeypatch):
    """A client of a server with a bug."""

    def fail(*_, **__):
        raise ZeroDivisionError("a secret of ours")

    for module in (answers, figures_v1):
        assert module.sums is sums.sums
        monkeypatch.setattr(module, "sums", fail)
    return client.of(sqlite_url)


@pytest.mark.parametrize(
    ("path", "media"), [("/api/v1/hosts", "application/problem+json"), ("/csv/hosts", "text/csv; charset=utf-8")]
)
async def test_a_fault_of_ours_is_told_nobody(broken, caplog, path, media):
    """A bug returns 500 in the right form with all headers; details are only in the log."""
    async with broken as web:
        answer = await web.get(path)

    assert (500, media) == (answer.status_code, answer.headers["content-type"])
    assert "Something went wrong here, and is in the log" in answer.text
    assert "secret" not in answer.text
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "ZeroDivisionError: a secret of ours" in caplog.text
