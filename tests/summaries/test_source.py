"""Reading a database of summaries."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import update

from ipv6matrix.summaries import source
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import HostData
from ipv6matrix.summaries.tables import DATE_VERSIONS, REACHABILITY
from ipv6matrix.web.read_model.build import build, source_versions
from ipv6matrix.web.read_model.model import ReadModel
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


@pytest.fixture
def url(request, tmp_path, kind):
    return summaries.fill(request.getfixturevalue("mariadb").url()) if kind == "mariadb" else summaries.sqlite(tmp_path)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_each_row_is_copied(url, tmp_path):
    """Rows are copied exactly, from either kind of database."""
    model = ReadModel(build(url, tmp_path / "models"))

    for table in source.METADATA.sorted_tables:
        kinds = {name: kind for kind, name in ((kind, kind.__name__) for kind in {type(row) for row in ROWS})}
        name = {"Domains": "DomainRow"}.get(table.name, table.name)
        expected = [dataclasses.astuple(row) for row in ROWS if isinstance(row, kinds[name])]
        assert sorted(expected, key=repr) == sorted(model.rows(source.select(table)), key=repr)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_date_that_is_written_has_another_version(url):
    """Publishing a date again changes its version even if no figure differs."""
    before = source_versions(url)
    with Database(url) as database:
        publish(database, DATES[0], [row for row in ROWS if row.date == DATES[0]])
    after = source_versions(url)

    assert {*DATES} == before.keys() == after.keys()
    assert [DATES[0]] == [date for date in DATES if before[date] != after[date]]


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_other_programs_write_no_versions(url):
    """Without versions, counts and sums show whether a date has changed."""
    with Database(url) as database, database.write() as connection:
        DATE_VERSIONS.drop(connection)
    before = source_versions(url)
    with Database(url) as database, database.write() as connection:
        connection.execute(update(REACHABILITY).where(REACHABILITY.c.date == DATES[1]).values(reach6=77))
    after = source_versions(url)

    assert {*DATES} == before.keys() == after.keys()
    assert [DATES[1]] == [date for date in DATES if before[date] != after[date]]


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_columns_of_later_versions_may_be_missing(url, tmp_path):
    """Missing counts are 0, and missing figures are NULL."""
    with Database(url) as database, database.write() as connection:
        for table in ("Domains", "DomainPenetration", "HostData", "Reachability"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN unknown")
        connection.exec_driver_sql("ALTER TABLE DomainPenetration DROP COLUMN www_known")
    model = ReadModel(build(url, tmp_path / "models"))

    rows = model.mappings(source.select(source.DOMAIN_PENETRATION))
    assert {(0, None)} == {(row["unknown"], row["www_known"]) for row in rows}
    hosts = [row for row in ROWS if isinstance(row, HostData)]
    assert len(hosts) == len(model.rows(source.select(source.HOST_DATA)))
