"""What can be done with the database that `gather` makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ipv6matrix.cluster.gather import gather
from ipv6matrix.exporters import registry
from ipv6matrix.exporters.registry import Target, exporter
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.summary import summary
from ipv6matrix.web.read_model.build import build
from tests.cluster.test_ranges import MORE, stored
from tests.postgres import Postgres
from tests.store import everything

pytestmark = pytest.mark.database


@pytest.fixture
def store(postgres: Postgres, tmp_path: Path) -> Iterator[Store]:
    """The database of a finished crawl."""
    url = postgres.url()
    stored(url, tmp_path, (*everything.EVERYTHING, *MORE))
    with closing(Store.read(gather(url, tmp_path))) as gathered:
        yield gathered


def test_every_format_is_exported(store: Store, tmp_path: Path):
    """A gathered crawl is a finished one: exports write what they write of others."""
    target = Target(output_dir=tmp_path / "results", summary_url=f"sqlite:///{tmp_path / 'summary.db'}")
    for name in registry.NAMES:
        assert exporter(name)(store, target)
    run = (store.crawl() or {})["run"]
    names = {path.name for path in (tmp_path / "results").iterdir()}

    # What the website reads.
    assert build(target.summary_url, tmp_path).is_file()
    assert {f"report-{run}.html", f"readiness-{run}.csv", "parquet"} <= names
    assert (tmp_path / "results" / "parquet" / run / "pings.parquet").stat().st_size


def test_the_summary_counts_its_domains(store: Store):
    """It is that of all machines."""
    assert 2 == summary(store).domains
