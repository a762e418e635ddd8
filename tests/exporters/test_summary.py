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
from ipv6matrix.summaries.tables import METADATA
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
    """Every row of all four tables, in SQLite and in MariaDB, follows from the truth about the simulated Internet."""
    export(finished.store, target)

    found, expected = tables(target), TrueFigures(finished).tables()
    assert {name: keyed(rows, partial(pytest.approx, rel=1e-4)) for name, rows in expected.items()} == {
        name: keyed(rows) for name, rows in found.items()
    }
    assert {name: len(rows) for name, rows in expected.items()} == {name: len(rows) for name, rows in found.items()}


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
