"""Publication of a crawl's rows."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest

from ipv6matrix.exceptions import ExportError, ReadStoppedError
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import BATCH, Published, publish
from ipv6matrix.summaries.rows import Readiness
from tests.summaries.dying import DOMAINS
from tests.summaries.sample_rows import DATE, LATER, as_tables, held, levels, made_up
from tests.typed import ROOT


def dying(verb, instant, delay_s, *urls):
    """Run a publication or promotion that kills itself, and return how it ended."""
    command = [sys.executable, "-m", "tests.summaries.dying", verb, str(instant), str(delay_s), *urls]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def instants(verb, *urls):
    """Count the instants of an undisturbed run."""
    ended = dying(verb, 0, 0, *urls)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout)


def test_what_is_published_is_there(new_database):
    """All rows of all tables are stored, even if they exceed one statement."""
    database, rows = new_database(), made_up(domains=BATCH)

    assert Published(domains=2 * BATCH, replaced=0) == publish(database, DATE, rows)
    assert as_tables(rows) == held(database)


def test_publishing_twice_changes_nothing(new_database):
    """Publishing a date again replaces it and returns the previous number of domains."""
    database = new_database()
    publish(database, DATE, made_up())

    assert Published(domains=10, replaced=10) == publish(database, DATE, made_up())
    assert as_tables(made_up()) == held(database)


def test_another_crawl_of_a_date_takes_its_place(new_database):
    """The previous rows of the date are removed, and other dates stay."""
    database = new_database()
    publish(database, DATE, made_up(domains=7))
    publish(database, LATER, made_up(LATER, domains=4))

    assert Published(domains=6, replaced=14) == publish(database, DATE, made_up(domains=3))
    assert as_tables(made_up(domains=3)) == held(database)
    assert as_tables(made_up(LATER, domains=4)) == held(database, LATER)


def test_a_list_with_a_tag_has_only_readiness_of_its_own(new_database):
    """Publishing a list with a tag, or the main list, leaves the rows of the other one of that date as they are."""
    database, tagged = new_database(), list(levels(domains=2, tag="universities"))
    publish(database, DATE, made_up(domains=3))

    assert Published(domains=4, replaced=0) == publish(database, DATE, tagged, tag="universities")
    assert Published(domains=4, replaced=4) == publish(database, DATE, tagged, tag="universities")
    assert Published(domains=10, replaced=6) == publish(database, DATE, made_up())

    assert as_tables(made_up()) == held(database)
    readiness = {name: rows for name, rows in as_tables(tagged).items() if name.startswith("Readiness")}
    assert readiness == {
        name: rows for name, rows in held(database, tag="universities").items() if name.startswith("Readiness")
    }


def test_a_list_with_a_tag_keeps_its_readiness_too(new_database):
    """No domain takes the place of the readiness of a list only when told to."""
    database = new_database()
    publish(database, DATE, levels(tag="universities"), tag="universities")

    with pytest.raises(ExportError, match="this crawl has no domain"):
        publish(database, DATE, [], tag="universities")

    assert Published(domains=0, replaced=10) == publish(database, DATE, [], tag="universities", replace=True)


def test_long_reasons_fit_into_statements(new_database):
    """The rows of a batch are written even if their reasons have more characters than a server accepts at once."""
    long = [replace(row, reasons="x" * 150_000) if isinstance(row, Readiness) else row for row in levels(domains=100)]
    database = new_database()
    publish(database, DATE, long)

    assert as_tables(long) == held(database)


def test_an_empty_summary_takes_no_full_one_s_place(new_database):
    """A crawl without domains replaces nothing unless told to; an empty date stays empty."""
    database = new_database()
    assert Published(domains=0, replaced=0) == publish(database, DATE, [])
    publish(database, DATE, made_up(domains=3))

    with pytest.raises(ExportError, match=f"this crawl has no domain, and .* of {DATE}: they stay"):
        publish(database, DATE, [])
    assert as_tables(made_up(domains=3)) == held(database)

    assert Published(domains=0, replaced=6) == publish(database, DATE, [], replace=True)
    assert as_tables([]) == held(database)


def test_what_is_interrupted_has_changed_nothing(new_database):
    """If the crawl cannot be read to its end, the date keeps its old rows."""
    database = new_database()
    publish(database, DATE, made_up(domains=3))

    def broken():
        yield from made_up(domains=BATCH)
        raise ReadStoppedError("enough")

    with pytest.raises(ReadStoppedError):
        publish(database, DATE, broken())

    assert as_tables(made_up(domains=3)) == held(database)


@pytest.mark.crawl
def test_a_kill_leaves_the_old_rows_or_the_new_ones(new_url):
    """After a kill in any quarter the date has the old rows or the new ones, and a rerun completes it."""
    url = new_url()
    old, new = as_tables(made_up(domains=3)), as_tables(made_up(domains=DOMAINS))
    random = Random(46)
    with Database(url) as database:
        publish(database, DATE, made_up(domains=3))
        last = instants("publish", url)
        for quarter in range(4):
            instant = random.randint(quarter * last // 4 + 1, (quarter + 1) * last // 4)
            publish(database, DATE, made_up(domains=3))
            delay_s = random.choice((0, random.uniform(0, 0.005)))

            ended = dying("publish", instant, delay_s, url)

            # A kill that tarries may come too late.
            assert -signal.SIGKILL == ended.returncode or delay_s, ended.stderr
            assert held(database) in (old, new)
            publish(database, DATE, made_up(domains=DOMAINS))
            assert new == held(database)


def test_two_dates_in_one_crawl_are_no_crawl(new_database):
    """A duplicate row is an error, and nothing is published."""
    database = new_database()

    with pytest.raises(ExportError, match=r"UNIQUE|Duplicate"):
        publish(database, DATE, made_up() + made_up())

    assert as_tables([]) == held(database)
