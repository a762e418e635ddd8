"""Admission control."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from ipv6matrix.web.admission import BusyError, Lane
from tests.web import client

LANES = ("quick", "pages", "heavy", "downloads")
CHEAP = ("/about", "/healthz", "/api", "/static/site.css", "/robots.txt")
PATHS = {
    "quick": ("/domain?q=site", "/domain-a_b.de", "/api/v1/domains", "/json/domain/search-a", "/api/v1"),
    "pages": ("/", "/hosts", "/country-DE", "/changes", "/hosts/table.csv", "/hosts/map.svg"),
    "heavy": ("/json/hosts", "/api/v1/hosts?group=tld", "/api/v1/crawls", "/api/v1/changes/tlds"),
    "downloads": ("/api/v1/tables/hosts.csv", "/api/v1/tables/hosts.parquet"),
}


def test_the_queue_has_an_end():
    """A request beyond the length of the queue is rejected immediately."""
    lane = Lane(1, 0, 60)
    with lane.admit(), pytest.raises(BusyError, match="queue is full"), lane.admit():
        pytest.fail("there is no room")
    with lane.admit():
        pass


def test_patience_has_an_end():
    """A request that waited too long leaves the queue."""
    lane = Lane(1, 1, 0.01)
    with lane.admit():
        for _ in range(3):
            with pytest.raises(BusyError, match="nothing became free"), lane.admit():
                pytest.fail("there is no room")


def test_who_waits_comes_next():
    """A waiting request is admitted as soon as another one ends."""
    lane, came = Lane(1, 1, 60), threading.Event()

    def wait():
        with lane.admit():
            came.set()

    with lane.admit():
        thread = threading.Thread(target=wait)
        thread.start()
        assert not came.is_set()
    thread.join(20)
    assert came.is_set()


def full(app, name, stack):
    """Occupy all places of a lane."""
    lane = getattr(app._app.app.state.lanes, name)
    lane._patience_s = 0.0
    with pytest.raises(BusyError):
        while True:
            stack.enter_context(lane.admit())


@pytest.mark.parametrize("name", LANES)
async def test_other_work_does_not_wait(sqlite_url, name):
    """A request for a full lane returns 503 with Retry-After; requests for other lanes succeed."""
    app = client.create_app(sqlite_url)
    with ExitStack() as stack:
        full(app, name, stack)
        async with client.over(app) as web:
            answers = {path: await web.get(path) for lane in LANES for path in PATHS[lane]}
            cheap = [(await web.get(path)).status_code for path in CHEAP]

    busy = {path for path, answer in answers.items() if answer.status_code == 503}
    assert {*PATHS[name]} == busy
    assert {"10"} == {answers[path].headers["retry-after"] for path in busy}
    assert {200} == {*cheap, *(answer.status_code for path, answer in answers.items() if path not in busy)}


async def test_a_cached_answer_needs_no_place(sqlite_url):
    """Cached answers, and those the client has, are sent even if the lane is full."""
    app = client.create_app(sqlite_url)
    async with client.over(app) as web:
        first = await web.get("/json/hosts")
        with ExitStack() as stack:
            full(app, "heavy", stack)
            again = await web.get("/json/hosts")
            known = await web.get("/json/hosts", headers={"If-None-Match": first.headers["etag"]})

    assert [200, 200, 304] == [answer.status_code for answer in (first, again, known)]


async def test_a_download_gives_its_place_back(sqlite_url):
    """A download frees its place, also if it is interrupted."""
    app = client.create_app(sqlite_url)
    async with client.over(app) as web:
        for _ in range(9):
            assert 200 == (await web.get("/api/v1/tables/hosts.csv")).status_code
            async with web.stream("GET", "/api/v1/tables/domains.parquet") as cut:
                assert 200 == cut.status_code
