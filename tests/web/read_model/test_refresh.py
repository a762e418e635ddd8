"""Refreshing the read model of a server while the database becomes unavailable and available."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from unittest.mock import Mock

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.web.read_model import refresh as refreshing
from ipv6matrix.web.read_model.refresh import NoDataError, ReadModels
from tests.web import client, summaries
from tests.web.summaries import DATES


@pytest.fixture
def url(tmp_path):
    return summaries.sqlite(tmp_path, DATES[:2])


def add_a_crawl(url):
    with Database(url) as database:
        publish(database, DATES[2], [row for row in summaries.ROWS if row.date == DATES[2]])


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_a_database_there_is_no_model(tmp_path):
    """A missing database is logged once and not created."""
    models = ReadModels(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "models")
    models.refresh()

    assert (False, False) == (models.has_model, models.status.reachable)
    with pytest.raises(NoDataError):
        _ = models.current
    assert not (tmp_path / "none.db").exists()


def test_a_new_crawl_is_taken_over(url, tmp_path):
    """A new crawl does not disturb readers of the old model."""
    models = client.read_models(url, tmp_path)
    before = models.current
    add_a_crawl(url)
    models.refresh()

    assert (DATES[:2], DATES) == (before.version.dates, models.current.version.dates)
    assert before.rows(summaries.COUNT) != models.current.rows(summaries.COUNT)


def test_a_running_server_notices_a_new_crawl(url, tmp_path, monkeypatch):
    """A running server builds a new model in a separate process."""
    monkeypatch.setattr(refreshing, "CHECK_S", 0.05)
    monkeypatch.setattr(refreshing, "_REST", 0.0)
    models = ReadModels(url, tmp_path)
    models.start()
    assert DATES[:2] == models.current.version.dates
    add_a_crawl(url)
    wait_for(lambda: models.current.version.dates == DATES)
    models.stop()


def test_a_builder_that_is_killed_is_no_end(url, tmp_path, monkeypatch, caplog):
    """After a killed build the server keeps its model, logs the failure, and retries."""
    models = ReadModels(url, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(ProcessPoolExecutor, "submit", Mock(side_effect=BrokenProcessPool))
        models.refresh(in_process=False)
    assert (False, False) == (models.has_model, models.status.reachable)
    assert "was killed" in caplog.text

    models.refresh(in_process=False)
    assert (True, True) == (models.has_model, models.status.reachable)


def test_a_slow_build_does_not_delay_the_next_look(url, tmp_path, monkeypatch):
    """A slow build does not delay the next check; only a slow check does: sums over tables of another program."""
    waits, build, versions = [], refreshing.building.build, refreshing.building.source_versions
    monkeypatch.setattr(refreshing.building, "build", lambda *given: time.sleep(0.5) or build(*given))
    for slow_s in (0.0, 0.4):
        monkeypatch.setattr(
            refreshing.building, "source_versions", lambda url, s=slow_s: time.sleep(s) or versions(url)
        )
        models = ReadModels(url, tmp_path / str(slow_s))
        models.refresh()
        waits.append(max(refreshing.CHECK_S, refreshing._REST * models._look_s))

    assert refreshing.CHECK_S == waits[0]
    assert waits[1] >= 20


def test_another_worker_may_have_built_it(url, tmp_path):
    """A model built by another worker is opened."""
    first, other = client.read_models(url, tmp_path), client.read_models(url, tmp_path)
    add_a_crawl(url)
    first.refresh()
    other.refresh()

    assert first.current.file == other.current.file
    assert DATES == other.current.version.dates


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
async def test_the_site_stays_up_while_the_database_is_away(kind, request, tmp_path, caplog):
    """Without the database the site stays up, or starts, and shows the age of its data."""
    caplog.set_level(logging.INFO)
    if kind == "mariadb":
        server = request.getfixturevalue("mariadb")
        url = summaries.fill(server.url())
        gone, back = server.stop, server.start
    else:
        url = summaries.sqlite(tmp_path)
        file = tmp_path / "matrix.db"
        gone = lambda: file.rename(tmp_path / "away.db")  # noqa: E731
        back = lambda: (tmp_path / "away.db").rename(file)  # noqa: E731
    models = client.read_models(url, tmp_path / "models")
    fresh = client.app_over(models)
    async with client.over(fresh) as web:
        before = await web.get("/")
        health = [(await web.get("/healthz")).json()]
        gone()
        try:
            for _ in range(3):
                models.refresh()
            restarted = client.app_over(client.read_models(url, tmp_path / "models"))
            away, data = await web.get("/"), await web.get("/json/hosts")
            health.append((await web.get("/healthz")).json())
            async with client.over(restarted) as second:
                late = await second.get("/")
                health.append((await second.get("/healthz")).json())
        finally:
            back()
        models.refresh()
        after = await web.get("/")
        health.append((await web.get("/healthz")).json())

    assert [200] * 5 == [answer.status_code for answer in (before, away, data, late, after)]
    assert [False, True, True, False] == [
        "has been unreachable since" in answer.text for answer in (before, away, late, after)
    ]
    assert all(f"Last crawl {DATES[-1]}, read " in answer.text for answer in (before, away, late, after))
    assert ["ok", "degraded", "degraded", "ok"] == [answer["status"] for answer in health]
    assert [True, False, False, True] == [answer["database"]["reachable"] for answer in health]
    assert {(3, str(DATES[-1]))} == {
        (answer["read_model"]["crawls"], answer["read_model"]["last_crawl"]) for answer in health
    }
    # Once by each of the two servers, though the first looked three times.
    warnings = [
        record for record in caplog.records if record.name.endswith("refresh") and record.levelname == "WARNING"
    ]
    assert 2 == len(warnings)
    assert caplog.text.count("can be read again") == 1
