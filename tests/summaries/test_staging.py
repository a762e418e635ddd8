"""Promotion from staging to live."""

from __future__ import annotations

import signal
from dataclasses import replace
from random import Random

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.staging import Promoted, choose, promote
from tests.summaries.dying import BATCH, DOMAINS
from tests.summaries.sample_rows import DATE, LATER, as_tables, held, levels, made_up
from tests.summaries.test_publication import dying, instants

NOTHING = as_tables([])


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Let a few rows be several batches."""
    for module in ("publication", "staging"):
        monkeypatch.setattr(f"ipv6matrix.summaries.{module}.BATCH", BATCH)


@pytest.fixture
def staging(new_database):
    """A staging database with one crawl whose rows exceed one batch."""
    database = new_database()
    publish(database, DATE, made_up(domains=BATCH))
    return database


def test_a_crawl_moves_whole(staging, new_database):
    """After a promotion all tables are live, and staging has no rows of that date."""
    live = new_database()
    publish(staging, LATER, made_up(LATER))

    assert Promoted(domains=2 * BATCH, replaced=0, was_live=False) == promote(staging, live, DATE)
    assert as_tables(made_up(domains=BATCH)) == held(live)
    assert NOTHING == held(staging)
    assert as_tables(made_up(LATER)) == held(staging, LATER)


def test_a_date_that_is_live_is_refused(staging, new_database):
    """If the date is already live with other figures, both databases stay unchanged."""
    live = new_database()
    publish(live, DATE, made_up(domains=2))

    with pytest.raises(ExportError, match=r"is live already .* --replace"):
        promote(staging, live, DATE)

    assert as_tables(made_up(domains=2)) == held(live)
    assert as_tables(made_up(domains=BATCH)) == held(staging)


def test_a_date_that_is_live_is_replaced_when_told(staging, new_database):
    """With `replace`, a promotion removes all live rows of that date."""
    live = new_database()
    publish(live, DATE, made_up(domains=BATCH + 1))
    publish(live, LATER, made_up(LATER))

    promoted = promote(staging, live, DATE, replace=True)

    assert Promoted(domains=2 * BATCH, replaced=2 * BATCH + 2, was_live=False) == promoted
    assert as_tables(made_up(domains=BATCH)) == held(live)
    assert as_tables(made_up(LATER)) == held(live, LATER)
    assert NOTHING == held(staging)


@pytest.mark.parametrize(("moved", "left"), [("", "universities"), ("universities", "")])
def test_lists_of_a_date_move_one_by_one(new_database, moved, left):
    """The main list and one with a tag move, and stay, independently of each other."""
    staging, live = new_database(), new_database()
    rows = {"": made_up(), "universities": list(levels(domains=2, tag="universities"))}
    for database in (staging, live):
        for tag, published in rows.items():
            publish(database, DATE, published, tag=tag)
    publish(live, DATE, [], tag=moved, replace=True)

    assert DATE == choose(staging, tag=moved)
    assert not promote(staging, live, DATE, tag=moved).was_live

    for tag in rows:
        assert as_tables(rows[tag])["Readiness"] == held(live, tag=tag)["Readiness"]
    assert [] == held(staging, tag=moved)["Readiness"]
    assert as_tables(rows[left])["Readiness"] == held(staging, tag=left)["Readiness"]
    assert DATE == choose(staging, tag=left)


def test_what_was_interrupted_is_finished(staging, new_database):
    """If live has exactly the rows of staging, only staging is emptied."""
    live = new_database()
    publish(live, DATE, made_up(domains=BATCH))

    assert Promoted(domains=2 * BATCH, replaced=0, was_live=True) == promote(staging, live, DATE)
    assert as_tables(made_up(domains=BATCH)) == held(live)
    assert NOTHING == held(staging)


def test_a_single_figure_makes_a_difference(staging, new_database):
    """Rows of which only the last differs are not an interrupted promotion."""
    live = new_database()
    *rows, last = made_up(domains=BATCH)
    publish(live, DATE, [*rows, replace(last, version=2)])

    with pytest.raises(ExportError, match="with other figures"):
        promote(staging, live, DATE)


@pytest.mark.parametrize(("staging_kind", "live_kind"), [("sqlite", "mariadb"), ("mariadb", "sqlite")])
def test_databases_of_different_kinds(mariadb, tmp_path, staging_kind, live_kind):
    """A crawl moves between SQLite and MariaDB without loss, and is recognised where it is live."""
    urls = {"sqlite": f"sqlite:///{tmp_path / 'matrix.db'}", "mariadb": mariadb.url()}
    with Database(urls[staging_kind]) as staging, Database(urls[live_kind]) as live:
        for was_live in (False, True):
            publish(staging, DATE, made_up(domains=BATCH))

            assert was_live is promote(staging, live, DATE).was_live
            assert as_tables(made_up(domains=BATCH)) == held(live)
            assert NOTHING == held(staging)


def test_kills_leave_live_whole(new_url):
    """After a kill in any quarter the date is live completely or not at all, and a rerun completes it."""
    whole, random = as_tables(made_up(domains=DOMAINS)), Random(64)
    staging_url, live_url = new_url(), new_url()
    with Database(staging_url) as staging, Database(live_url) as live:
        publish(staging, DATE, made_up(domains=DOMAINS))
        empty(live)
        last = instants("promote", staging_url, live_url)
        for quarter in range(4):
            instant = random.randint(quarter * last // 4 + 1, (quarter + 1) * last // 4)
            publish(staging, DATE, made_up(domains=DOMAINS))
            empty(live)
            delay_s = random.choice((0, random.uniform(0, 0.005)))

            ended = dying("promote", instant, delay_s, staging_url, live_url)

            # A kill that tarries may come too late.
            assert -signal.SIGKILL == ended.returncode or delay_s, ended.stderr
            states = held(live), held(staging)
            assert states in ((NOTHING, whole), (whole, whole), (whole, NOTHING))
            if states[1] == whole:
                promote(staging, live, DATE)
            assert (whole, NOTHING) == (held(live), held(staging))


def test_a_kill_between_the_two_commits(new_url):
    """After a kill between the commits both databases have the date; the next promotion empties staging."""
    whole, urls = as_tables(made_up(domains=DOMAINS)), (new_url(), new_url())
    with Database(urls[0]) as staging, Database(urls[1]) as live:
        publish(staging, DATE, made_up(domains=DOMAINS))
        empty(live)
        last = instants("promote", *urls)
        publish(staging, DATE, made_up(domains=DOMAINS))
        empty(live)

        assert -signal.SIGKILL == dying("promote", last, 0, *urls).returncode

        assert (whole, whole) == (held(live), held(staging))
        assert promote(staging, live, DATE).was_live
        assert (whole, NOTHING) == (held(live), held(staging))


def empty(database):
    publish(database, DATE, [], replace=True)


def test_the_only_date_need_not_be_named(staging):
    """If staging has one crawl, its date is the default."""
    assert DATE == choose(staging)
    assert DATE == choose(staging, DATE)


def test_dates_are_listed(staging):
    """If the date is missing or ambiguous, the error lists the existing ones."""
    with pytest.raises(ExportError, match="does not hold 2024-06-03: pass --date with one of 2024-05-06"):
        choose(staging, LATER)
    publish(staging, LATER, made_up(LATER))
    with pytest.raises(ExportError, match="holds several dates: pass --date with one of 2024-05-06, 2024-06-03"):
        choose(staging)


def test_nothing_in_staging(new_database):
    """Without tables or rows there is nothing to promote."""
    database = new_database()
    with pytest.raises(ExportError, match="holds no summaries: publish"):
        choose(database)
    database.prepare()
    with pytest.raises(ExportError, match="holds no date: publish"):
        choose(database)
