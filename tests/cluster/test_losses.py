"""A machine of a shared crawl that loses its session, its server or space on it."""

from __future__ import annotations

import time
from collections.abc import Collection

import pytest

from ipv6matrix.cluster import worker
from ipv6matrix.cluster.batch import Batch, Outlook
from tests.cluster.machines import URLS, Start, complete, owns, take, until, with_requests
from tests.postgres import Postgres, running


async def test_after_a_lost_session_uncommitted_answers_are_dropped(
    start: Start, url: str, postgres: Postgres, caplog: pytest.LogCaptureFixture
):
    """The machine says so, takes its buckets again after a wait, and what was committed stays."""
    machine = await with_requests(start, url)
    taken = take(machine)
    early, late = set(URLS[:20]), set(URLS[20:])
    complete(machine, taken & early)
    await until(lambda: not machine.frontier.batch.answers and machine._unsent is None)
    assert machine._session is not None
    pid = machine._session._connection.info.backend_pid
    # No turn of the event loop between the loss and these answers, which can never be committed.
    postgres.execute("postgres", f"SELECT pg_terminate_backend({pid}, 10000)")
    complete(machine, taken & late)
    await until(lambda: not machine.frontier.owned)
    lost_at = time.monotonic()
    await until(owns(machine, 16))

    assert late == take(machine)
    assert time.monotonic() - lost_at >= 0.5
    assert "STORE_AWAY" in caplog.text


@pytest.mark.database
async def test_without_the_server_nothing_is_handed_out(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A machine that cannot reach the server falls silent, and goes on when it is back."""
    monkeypatch.setattr(worker, "_SILENT_S", 1.0)
    with running() as server:
        machine = start(server.url())
        await until(owns(machine, 16))
        for text in URLS:
            machine.frontier.add(text)
        await until(lambda: not machine.frontier.batch.requests and machine._unsent is None)
        server.stop()
        await until(lambda: machine.frontier.next("ping") is None)
        server.start()
        taken_urls: set[str] = set()

        def all_are_found() -> bool:
            taken_urls.update(take(machine))
            return taken_urls == set(URLS)

        await until(all_are_found)
        await machine.stop()
    assert "Waiting for" in caplog.text


async def test_a_frontier_falls_silent_by_the_clock(start: Start, url: str):
    """Even if the event loop cannot learn that the session is lost."""
    machine = start(url)
    await until(owns(machine, 16))
    machine.frontier.add(URLS[0])
    machine.frontier.silent_at = time.monotonic()

    assert machine.frontier.next("ping") is None


def fill(postgres: Postgres, url: str) -> str:
    """Let the server of a crawl reject answers like one with a full disk; return the name of its database."""
    database = url.rpartition("/")[2]
    postgres.execute(
        database,
        "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER no_space BEFORE INSERT ON answers FOR EACH ROW EXECUTE FUNCTION no_space()",
    )
    return database


async def test_a_full_server_stops_nothing_for_good(
    start: Start, url: str, postgres: Postgres, caplog: pytest.LogCaptureFixture
):
    """The same answers are committed when there is space again."""
    machine = start(url)
    await until(owns(machine, 16))
    database = fill(postgres, url)
    for text in URLS:
        machine.frontier.add(text)
    complete(machine, take(machine))
    await until(lambda: "STORE_FULL" in caplog.text)
    postgres.execute(database, "DROP TRIGGER no_space ON answers")

    await until(lambda: [(40,)] == postgres.execute(database, "SELECT count(*) FROM answers"))
    assert [(0,)] == postgres.execute(database, "SELECT count(*) FROM pending")
    assert 16 == len(machine.frontier.owned)


async def test_no_bucket_is_given_back_before_its_last_answers(
    start: Start, url: str, postgres: Postgres, caplog: pytest.LogCaptureFixture
):
    """A batch that a full server did not take is repeated as it was, and later answers are in the next one."""
    machine = await with_requests(start, url)
    taken = take(machine)
    other = start(url)
    await until(lambda: 8 == len(machine.frontier.leaving))
    early, late = set(URLS[:20]), set(URLS[20:])
    database = fill(postgres, url)
    complete(machine, taken & early)
    await until(lambda: "STORE_FULL" in caplog.text)
    complete(machine, taken & late)
    assert machine._session is not None
    exchange, too_early = machine._session.exchange, set[int]()

    def watched(batch: Batch, owned: Collection[int]) -> Outlook:
        too_early.update(batch.released & {answer.bucket for answer in machine.frontier.batch.answers.values()})
        return exchange(batch, owned)

    machine._session.exchange = watched  # type: ignore[method-assign]
    postgres.execute(database, "DROP TRIGGER no_space ON answers")
    await until(owns(other, 8))

    assert set() == too_early
    assert set() == take(other)


async def test_a_bucket_that_is_lost_while_it_is_read_is_read_again(
    start: Start, url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
):
    """What was read is dropped with the session."""
    machine = await with_requests(start, url)
    complete(machine, take(machine))
    await machine.stop()
    monkeypatch.setattr(worker, "_ROWS_PER_TURN", 1)
    other = start(url)
    await until(lambda: other._restoring is not None)
    assert other._session is not None
    pid = other._session._connection.info.backend_pid
    postgres.execute("postgres", f"SELECT pg_terminate_backend({pid}, 10000)")

    await until(owns(other, 16))
    assert set() == take(other)
    assert 40 == sum(1 for text in URLS if other.frontier._store.knows(text))
