"""Readiness of a crawl as CSV, and as Parquet."""

from __future__ import annotations

import csv
import dataclasses

import pytest
from pyarrow import parquet as pq

from ipv6matrix.exceptions import ReadStoppedError
from ipv6matrix.exporters import parquet, readiness
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.database import Store
from ipv6matrix.summaries import figures
from ipv6matrix.summaries.rows import Readiness

pytestmark = pytest.mark.crawl


@pytest.fixture(scope="module")
def rows(finished):
    return [dataclasses.asdict(row) for row in figures.rows_of(finished.store) if isinstance(row, Readiness)]


def test_the_file_has_the_rows_of_the_summary(finished, rows, tmp_path):
    """Below a header each domain has a line, with all columns."""
    message = readiness.export(finished.store, Target(output_dir=tmp_path, summary_url=""))

    (path,) = tmp_path.iterdir()
    assert f"{path} ({len(rows):,} domains)" == message
    assert f"readiness-{finished.store.crawl()['run']}.csv" == path.name
    with path.open(encoding="utf-8", newline="") as stream:
        actual = list(csv.DictReader(stream))
    assert [{name: str(value) for name, value in row.items()} for row in rows] == actual


def test_parquet_has_the_same_rows(finished, rows, tmp_path):
    """Numbers are numbers, and dates are dates."""
    parquet.export(finished.store, Target(output_dir=tmp_path, summary_url=""))

    (path,) = tmp_path.glob("parquet/*/readiness.parquet")
    assert rows == pq.read_table(path).to_pylist()


def test_a_stopped_export_leaves_no_file(finished, tmp_path):
    """If reading is stopped halfway, there is no file under the final name, and no other one."""
    asked = iter(range(1_000))
    store = Store.read(finished.path, stopped=lambda: next(asked) > 50)

    with pytest.raises(ReadStoppedError):
        readiness.export(store, Target(output_dir=tmp_path, summary_url=""))

    store.close()
    assert [] == list(tmp_path.iterdir())
