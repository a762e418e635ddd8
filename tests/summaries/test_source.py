"""Reading a database of summaries."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from sqlalchemy import update

from ipv6matrix.summaries import source
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import HostData, Readiness
from ipv6matrix.summaries.tables import (
    DATE_VERSIONS,
    METADATA,
    REACHABILITY,
    READINESS_METADATA,
    READINESS_TABLES,
)
from ipv6matrix.web.read_model.build import build, source_versions
from ipv6matrix.web.read_model.model import ReadModel
from tests.summaries.sample_rows import DATE, LATER, as_tables, levels, made_up
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


@pytest.fixture
def url(request, tmp_path, kind):
    return summaries.fill(request.getfixturevalue("mariadb").url()) if kind == "mariadb" else summaries.sqlite(tmp_path)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_each_row_is_copied(url, tmp_path):
    """Rows are copied exactly, from either kind of database."""
    model = ReadModel(build(url, tmp_path / "models"))

    for table in METADATA.sorted_tables:
        kinds = {name: kind for kind, name in ((kind, kind.__name__) for kind in {type(row) for row in ROWS})}
        name = {"Domains": "DomainRow"}.get(table.name, table.name)
        expected = [dataclasses.astuple(row) for row in ROWS if isinstance(row, kinds[name])]
        assert sorted(expected, key=repr) == sorted(model.rows(source.select(table)), key=repr)


def test_readiness_is_copied_for_each_list(new_url, tmp_path):
    """Readiness of the main list and of lists with a tag is copied, also of a date on which only such a list was."""
    crawls = {(LATER, ""): made_up(LATER, 3), (LATER, "cities"): [*levels(LATER, 2, "cities")]}
    crawls[DATE, "cities"] = [
        replace(row, reasons="é\n" * 20_000) if isinstance(row, Readiness) else row for row in levels(DATE, 1, "cities")
    ]
    url = new_url()
    with Database(url) as database:
        for (date, tag), rows in crawls.items():
            publish(database, date, rows, tag=tag)
    model = ReadModel(build(url, tmp_path / "models"))

    expected = as_tables([row for rows in crawls.values() for row in rows])
    for table in READINESS_TABLES.values():
        assert expected[table.name] == sorted(model.rows(source.select(table)))
    assert (LATER,) == model.version.dates


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_database_without_readiness_is_copied(url, tmp_path):
    """Databases of earlier versions have no such tables."""
    with Database(url) as database, database.write() as connection:
        READINESS_METADATA.drop_all(connection)

    model = ReadModel(build(url, tmp_path / "models"))

    assert [] == model.rows(source.select(READINESS_METADATA.tables["Readiness"]))
    assert [*DATES] == [*model.version.dates]


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
