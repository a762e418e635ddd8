"""A crawl, summarized in a database."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from ipv6matrix.exceptions import ExportError, ReadStoppedError
from ipv6matrix.exporters.registry import Target
from ipv6matrix.exporters.summary import export
from ipv6matrix.store.database import Store
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.tables import METADATA, READINESS, READINESS_BASIS
from tests.exporters import made
from tests.samples import domain_item
from tests.summaries.true_figures import TrueFigures, keyed


@pytest.fixture(params=["sqlite", "mariadb"])
def target(request, tmp_path):
    """An empty database of each kind."""
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'new' / 'matrix.db'}" if is_file else request.getfixturevalue("mariadb").url()
    return Target(output_dir=tmp_path, summary_url=url)


def tables(target):
    """Return all rows of a database by table."""
    with Database(target.summary_url) as database, database.read() as connection:
        return {
            name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for name, table in METADATA.tables.items()
        }


def test_the_summary_matches_the_truth(finished, target):
    """Every row of the tables of 2022, in SQLite and in MariaDB, follows from the truth about the scenario."""
    export(finished.store, target)

    actual, expected = tables(target), TrueFigures(finished).tables()
    assert {name: keyed(rows, partial(pytest.approx, rel=1e-4)) for name, rows in expected.items()} == {
        name: keyed(rows) for name, rows in actual.items()
    }
    assert {name: len(rows) for name, rows in expected.items()} == {name: len(rows) for name, rows in actual.items()}


def test_exporting_twice_changes_nothing(finished, target):
    """The second export replaces the first, and logs it."""
    figures = TrueFigures(finished)
    number = len(figures.expected.domains)
    with Database(target.summary_url) as database:
        words = f"summary of {number} domains of {figures.date} in {database.name}"

    assert words == export(finished.store, target)
    once = tables(target)
    assert f"{words}, in place of {number} that were there" == export(finished.store, target)
    assert once == tables(target)


def test_a_list_with_a_tag_leaves_the_main_list_as_it_is(target, tmp_path):
    """Its readiness is next to that of the main list of the same day, and nothing else is written."""
    main = made.crawl(tmp_path / "main.db", domain_item("a.example"), domain_item("b.example"))
    cities = made.crawl(tmp_path / "cities.db", domain_item("c.example"), tag="cities")
    export(main, target)
    before = tables(target)

    assert "summary of 1 domains of cities, 2023-11-14" in export(cities, target)

    assert before == tables(target)
    with Database(target.summary_url) as database, database.read() as connection:
        query = select(READINESS.c.tag, READINESS.c.domain).order_by(READINESS.c.domain)
        assert [("", "a.example"), ("", "b.example"), ("cities", "c.example")] == connection.execute(query).all()
        bases = connection.execute(
            select(READINESS_BASIS.c.tag, READINESS_BASIS.c.domains).order_by(READINESS_BASIS.c.tag)
        )
        assert [("", 2), ("cities", 1)] == bases.all()


def test_a_stopped_export_publishes_nothing(finished, target):
    """If reading is stopped halfway, nothing of the crawl is published."""
    asked = iter(range(1_000))
    store = Store.read(finished.path, stopped=lambda: next(asked) > 50)

    with pytest.raises(ReadStoppedError):
        export(store, target)

    store.close()
    assert {name: [] for name in METADATA.tables} == tables(target)


def test_a_missing_database_is_reported(finished, tmp_path):
    """The error names the database and the fix."""
    target = Target(output_dir=tmp_path, summary_url="mysql+mysqlconnector://u:secret@127.0.0.1:1/matrix")

    with pytest.raises(ExportError, match=r"u:\*\*\*@127.0.0.1:1/matrix does not answer .*: start the server"):
        export(finished.store, target)


def test_a_file_without_a_crawl_is_rejected(tmp_path):
    """Without a start, a crawl has no date."""
    store = Store(tmp_path / "ips.db")

    with pytest.raises(ExportError, match="does not say when its crawl began"):
        export(store, Target(output_dir=tmp_path, summary_url=f"sqlite:///{tmp_path / 'matrix.db'}"))

    store.close()
    assert not (tmp_path / "matrix.db").exists()
