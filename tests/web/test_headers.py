"""What every answer carries, and HEAD."""

from __future__ import annotations

import pytest

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
    """
    Nothing from elsewhere is loaded or run, no frame shows it, no type is guessed; whoever wants may read it.
    """
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
    """
    The same status and headers, no body (RFC 9110 section 9.3.2).
    """
    get, head = await web.get(path), await web.head(path)

    assert b"" == head.content
    different = {"x-request-id"}
    assert get.status_code == head.status_code
    assert {name: value for name, value in get.headers.items() if name not in different} == {
        name: value for name, value in head.headers.items() if name not in different
    }


async def test_other_sites_may_ask(web):
    """
    A browser that asks first hears that GET is allowed, and which headers; nobody has to be asked for that.
    """
    answer = await web.options(
        "/api/v1/hosts", headers={"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    )

    assert (204, "*") == (answer.status_code, answer.headers["access-control-allow-origin"])
    assert "GET, HEAD" == answer.headers["access-control-allow-methods"]
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]


LONG = ["/api/v1/hosts?group=tld", "/json/country-de", "/html/reach/group-tld", "/hosts", "/static/site.css"]


@pytest.mark.parametrize("path", LONG)
async def test_long_answers_are_compressed(web, path):
    """
    gzip for who takes it, with the same text.
    """
    plain = await web.get(path, headers={"Accept-Encoding": "identity"})
    zipped = await web.get(path, headers={"Accept-Encoding": "gzip"})

    assert ("gzip", None) == (zipped.headers["content-encoding"], plain.headers.get("content-encoding"))
    assert plain.text == zipped.text
    assert "accept-encoding" in zipped.headers["vary"].lower()


@pytest.mark.parametrize("path", LONG)
@pytest.mark.parametrize("refusal", ["gzip;q=0", "br, *;q=0"])
async def test_who_refuses_a_coding_does_not_get_it(web, path, refusal):
    """
    A weight of 0 means "not that" (RFC 9110 section 12.4.2), of what is made here and of files.
    """
    assert "content-encoding" not in (await web.get(path, headers={"Accept-Encoding": refusal})).headers
