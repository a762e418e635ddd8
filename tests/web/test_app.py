"""The application as a whole."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.web import app as module
from tests.web import client, summaries

PROJECT = Path(__file__).resolve().parents[2]


async def start(app):
    """Run startup and shutdown of an application, and return its answers."""
    received, sent = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}], []

    async def receive():
        return received.pop()

    async def send(message):
        sent.append((message["type"], gc.get_freeze_count() > 10_000))

    await app({"type": "lifespan", "state": {}}, receive, send)
    gc.unfreeze()
    return sent


async def test_the_environment_says_what_is_served(tmp_path, monkeypatch):
    """`uvicorn ipv6matrix.web.app:app` reads five variables, and has data before it serves requests."""
    monkeypatch.setenv("IPV6MATRIX_CONTACT", "ops@matrix.example")
    monkeypatch.setenv("IPV6MATRIX_WEB_URL", "https://matrix.example")
    monkeypatch.setenv("IPV6MATRIX_SUMMARY_URL", summaries.sqlite(tmp_path))
    monkeypatch.setenv("IPV6MATRIX_OUTPUT_DIR", str(tmp_path))
    monkeypatch.setenv("IPV6MATRIX_READ_MODEL_DIR", str(tmp_path / "copies"))
    # It would limit what pytest's own handlers see of the log.
    monkeypatch.setattr(module.server, "prepare", lambda: None)
    module._from_environment.cache_clear()
    await start(module.app)
    async with client.over(module.app) as web:
        answer, page, about = await web.get("/json/hosts"), await web.get("/hosts"), await web.get("/about")
    module._from_environment.cache_clear()

    assert 200 == answer.status_code
    assert 'content="https://matrix.example/hosts"' in page.text
    assert 'href="mailto:ops@matrix.example"' in about.text
    assert ["site"] == [path.name.split("-")[0] for path in (tmp_path / "copies").glob("*.duckdb")]


@pytest.mark.parametrize("url", ["", "matrix", "nosuch://localhost/matrix", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_database_is_an_error(tmp_path, url):
    """An invalid URL is an immediate error with an example."""
    with pytest.raises(ExportError, match=r"database.*sqlite:///crawls/matrix.db"):
        module.read_models(url, tmp_path, "")


async def test_objects_of_the_start_are_not_collected_again(sqlite_app):
    """After startup existing objects are frozen for the garbage collector."""
    gc.unfreeze()

    assert [("lifespan.startup.complete", True), ("lifespan.shutdown.complete", True)] == await start(sqlite_app)


async def test_every_path_is_documented(web):
    """docs/api.md has each path of /api/v1, and no others."""
    text = (PROJECT / "docs/api.md").read_text("utf-8")
    paths = set((await web.get("/openapi.json")).json()["paths"])

    assert paths == set(re.findall(r"^\| `(/api/v1\S*)`", text, re.MULTILINE))


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%00",
        "/json/../../etc/passwd",
        "/api/v1/domains/..%2f..%2fetc%2fpasswd",
        "/api/v1/tables/..%2fmatrix.csv",
        "/api/v1/tables/%2e%2e.csv",
    ],
)
async def test_no_path_leads_out(web, path):
    """Only files meant to be served are served."""
    answer = await web.send(web.build_request("GET", f"{client.HOST}{path}"))

    assert answer.status_code in (400, 404)
    assert not [word for word in ("root:", "import ", "Traceback") if word in answer.text]


INJECTIONS = [
    "' OR '1'='1",
    "x' UNION SELECT sql,2 FROM sqlite_schema --",
    '"; DROP TABLE Domains; --',
    "\\",
    "%00",
    "{}",
    "${7*7}",
]


@pytest.mark.parametrize("text", INJECTIONS)
async def test_text_stays_text(web, text):
    """Special characters of SQL have no meaning in parameters and paths."""
    before = (await web.get("/json/hosts")).text
    for path, parameters in (
        ("/json/hosts", {"tlds": text}),
        ("/json/hosts", {"types": text}),
        ("/json/hosts", {"min-sample": text}),
        ("/api/v1/domains", {"prefix": text}),
        ("/api/v1/domains", {"after": text, "country": text}),
        ("/api/v1/hosts", {"sort": text}),
        ("/api/v1/hosts", {"tld": text}),
    ):
        answer = await web.get(path, params=parameters)
        assert answer.status_code in (200, 400), (path, parameters)
        assert not [word for word in ("SELECT ", "sqlite", "syntax") if word in answer.text.replace(text, "")]
    for path in ("/csv/domain-", "/csv/domain/search-", "/csv/country-", "/api/v1/domains/"):
        answer = await web.get(path + text.replace("/", ""))
        assert answer.status_code in (400, 404), path

    assert before == (await web.get("/json/hosts")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "json.evil.example/../x"},
        {"Host": "'"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
        {"X-Original-URL": "/json/hosts", "X-Rewrite-URL": "/json/hosts"},
        {"Accept": "a" * 50_000},
        {"If-None-Match": "," * 50_000},
        {"Accept-Encoding": "gzip;q=x, *;;;"},
        {"Range": "bytes=0-1"},
    ],
)
async def test_no_header_leads_astray(web, headers):
    """Odd headers change neither the answer nor its links."""
    path = "/api/v1/hosts?limit=1"
    answer = await web.get(path, headers=headers)

    assert 200 == answer.status_code
    assert (await web.get(path)).json() == answer.json()
    assert answer.json()["next"].startswith("/api/v1/hosts?")


@pytest.mark.parametrize("path", ["/", "/hosts/country-DE", "/domain-a_b.de", "/changes", "/api", "/nothing"])
@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded", "Referer", "User-Agent"]
)
async def test_no_page_repeats_a_header(web, path, name):
    """Links, canonical addresses and errors do not depend on request headers, so caches cannot be poisoned."""
    answer = await web.get(path, headers={name: "host=evil.example"})

    assert (await web.get(path)).text == answer.text
    assert "evil" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/json/hosts?tlds=" + ",".join(f"t{number}" for number in range(5_000)), 400),
        ("/json/hosts?tlds=" + "de," * 20_000, 200),
        ("/json/hosts?tlds=" + "x" * 60_000, 400),
        ("/json/hosts?" + "&".join(f"p{number}=1" for number in range(5_000)), 200),
        ("/json/domain-" + "x" * 60_000, 400),
        ("/json/hosts?min-sample=" + "9" * 10_000, 400),
        ("/api/v1/domains?prefix=" + "x" * 60_000, 400),
        ("/api/v1/domains/" + "x" * 60_000, 400),
        ("/api/v1/hosts?offset=" + "9" * 60_000, 400),
        ("/hosts?tld=" + ",".join(f"t{number}" for number in range(5_000)), 400),
        ("/hosts?least=" + "9" * 60_000, 400),
        ("/hosts?sort=" + "x" * 60_000, 400),
        ("/domain-" + "x" * 60_000, 404),
        ("/country-" + "x" * 60_000, 404),
        ("/tld-" + "x" * 60_000, 404),
        ("/domain?q=" + "x" * 60_000, 200),
        ("/about?" + "&".join(f"p{number}=1" for number in range(5_000)), 200),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_giant_parameters_do_no_harm(web, path, status):
    """A huge parameter returns an answer or an error that does not repeat it."""
    answer = await web.get(path)

    assert status == answer.status_code
    assert len(answer.content) < 20_000
