"""Caching: what clients may store, and what is not sent twice."""

from __future__ import annotations

import dataclasses
import os

import pytest

from ipv6matrix.store.database import Store
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import DomainRow, HostData
from tests.samples import domain_item
from tests.web import client, summaries
from tests.web.summaries import DATES

DOMAIN = "a_b.de"
PATHS = [
    *("/json/hosts", "/csv/country-de", "/data/domain/search-s", "/api/v1", "/api/v1/hosts?group=tld"),
    *("/api/v1/domains/a_b.de", "/api/v1/domains/a_b.de/badge.svg", "/api/v1/tables/hosts.csv"),
    *("/api/v1/tables/hosts.parquet", "/api/v1/changes/tlds"),
]
PAGES = [
    "/",
    "/hosts",
    "/hosts?group=tld",
    "/hosts/map.svg",
    "/country-DE",
    "/domain-a_b.de",
    "/domain?q=s",
    "/changes",
]
PAGES += ["/about", "/api"]


@pytest.mark.parametrize("path", [*PATHS, *PAGES])
async def test_what_a_client_has_is_not_sent_again(web, path):
    """A request with the ETag of an answer, alone or in a list, weak or strong, returns 304 without a body."""
    answer = await web.get(path)
    etag = answer.headers["etag"]

    assert "public, max-age=300" == answer.headers["cache-control"]
    for given in (etag, f'"other", {etag}', etag.removeprefix("W/")):
        again = await web.get(path, headers={"If-None-Match": given})
        assert (304, b"", etag) == (again.status_code, again.content, again.headers["etag"])
        assert "public, max-age=300" == again.headers["cache-control"]


@pytest.mark.parametrize("given", ["*", '""', "W/", ",", "nonsense"])
async def test_other_tags_are_no_match(web, given):
    """An unknown tag returns the whole answer."""
    assert 200 == (await web.get("/json/hosts", headers={"If-None-Match": given})).status_code


async def test_each_answer_has_its_own_tag(web):
    """Answers of different paths, parameters and forms have different tags."""
    tags = [(await web.get(path)).headers["etag"] for path in (*PATHS, *PAGES)]
    accepts = ("application/json", "text/csv", "text/plain")
    tags += [(await web.get("/data/hosts", headers={"Accept": accept})).headers["etag"] for accept in accepts]

    assert len(tags) == len(set(tags))


@pytest.mark.parametrize(
    "path",
    [
        *("/json/nothing", "/json/domain-nowhere.example", "/api/v1/nothing", "/api/v1/hosts?x=1"),
        *("/nothing", "/hosts?date=never", "/domain-nowhere.example", "/country-QX", "/changes?from=x"),
    ],
)
async def test_errors_are_not_kept(web, path):
    """Errors must not be cached, because the resource may exist later."""
    answer = await web.get(path)

    assert ("no-store", None) == (answer.headers["cache-control"], answer.headers.get("etag"))


async def test_a_new_crawl_is_a_new_answer(tmp_path):
    """After a new crawl the old tag returns the new data."""
    url = summaries.sqlite(tmp_path)
    models = client.read_models(url, tmp_path)
    async with client.over(client.app_over(models)) as web:
        etag = (await web.get("/json/hosts")).headers["etag"]
        with Database(url) as database:
            rows = [HostData(date=DATES[0], country="DE", tld="de", type="MX", hosts=7)]
            publish(database, DATES[0], rows, replace=True)
        models.refresh()
        again = await web.get("/json/hosts", headers={"If-None-Match": etag})

    assert {"hosts": 7, "hosts6": 0} == again.json()[str(DATES[0])]


@pytest.mark.parametrize("path", PATHS[:-3])
async def test_an_answer_is_worked_out_once(sqlite_url, monkeypatch, path):
    """The second answer comes from memory and is identical, with or without gzip."""
    async with client.of(sqlite_url) as web:
        codings = ({"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"})
        first = [await web.get(path, headers=coding) for coding in codings]
        # What is not cached cannot be compressed any more.
        monkeypatch.setattr("ipv6matrix.web.answers._coded", None)
        second = [await web.get(path, headers=coding) for coding in codings]

    assert [answer.content for answer in first] == [answer.content for answer in second]
    assert [told(answer) for answer in first] == [told(answer) for answer in second]


def told(answer):
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


async def test_what_is_kept_goes_with_its_data(tmp_path):
    """Republishing a crawl discards all cached answers, even if no sum changed."""
    url = summaries.sqlite(tmp_path)
    rows = [row for row in summaries.ROWS if row.date == DATES[1]]
    others = [dataclasses.replace(row, country="FR") if isinstance(row, DomainRow) else row for row in rows]
    models = client.read_models(url, tmp_path)
    async with client.over(client.app_over(models)) as web:
        before = await web.get("/api/v1/domains/once.com")
        with Database(url) as database:
            publish(database, DATES[1], others)
        models.refresh()
        after = await web.get("/api/v1/domains/once.com")

    assert "FR" != before.json()["crawls"][0]["country"]
    assert "FR" == after.json()["crawls"][0]["country"]


async def test_a_failure_is_not_cached(tmp_path, sqlite_url):
    """After facts could not be read, they are read again, and clients must not store the answer without them."""
    file = tmp_path / "ips-2024-05-06__07-08-09.db"
    store = Store(file)
    store.complete(domain_item(DOMAIN))
    store.close()
    whole, when = file.read_bytes(), file.stat().st_mtime_ns
    async with client.over(client.create_app(sqlite_url, tmp_path)) as web:
        answers = []
        for octets in (b"locked" * 999, whole):
            file.write_bytes(octets)
            os.utime(file, ns=(when, when))
            answers.append([await web.get(path) for path in (f"/api/v1/domains/{DOMAIN}", f"/domain-{DOMAIN}")])

    assert [[("no-store", False)] * 2, [("public, max-age=300", True)] * 2] == [
        [(answer.headers["cache-control"], "etag" in answer.headers) for answer in both] for both in answers
    ]
    assert ["unreadable", "found"] == [both[0].json()["facts_status"] for both in answers]
