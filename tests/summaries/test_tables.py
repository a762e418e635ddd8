"""The summary tables in databases."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import inspect

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.rows import DomainRow
from ipv6matrix.summaries.tables import ADDED_COLUMNS, DATE_VERSIONS, READINESS_TABLES, TABLES

KEYS = {
    "Domains": ["date", "domain"],
    "DomainPenetration": ["date", "country", "tld"],
    "HostData": ["date", "country", "tld", "type"],
    "Reachability": ["date", "country", "tld", "service"],
    "Readiness": ["date", "tag", "domain"],
    "ReadinessCounts": ["date", "tag", "country", "tld", "bracket", "level"],
    "ReadinessBasis": ["date", "tag"],
}
ROWS = TABLES | READINESS_TABLES


@pytest.fixture
def inspector(new_database):
    """An inspector of a database in which the tables were created."""
    database = new_database()
    database.prepare()
    with database.read() as connection:
        yield inspect(connection)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ROWS[row].name)
def test_columns_are_the_fields(inspector, row):
    """A table has the columns of its row in their order; NULL means that a version did not count something."""
    columns = inspector.get_columns(ROWS[row].name)

    assert [field.name for field in dataclasses.fields(row)] == [column["name"] for column in columns]
    assert ADDED_COLUMNS - {"unknown"} >= {column["name"] for column in columns if column["nullable"]}


@pytest.mark.parametrize("table", KEYS)
def test_a_date_has_each_row_once(inspector, table):
    """The primary key begins with the date; an index serves lookups of one domain."""
    assert KEYS[table] == inspector.get_pk_constraint(table)["constrained_columns"]
    indexes = [index["column_names"] for index in inspector.get_indexes(table)]
    assert ([["domain", "date"]] if table == "Domains" else []) == indexes


def test_a_domain_may_be_as_long_as_names_are(inspector):
    """A domain may have 253 octets (RFC 1035 section 2.3.4)."""
    types = {column["name"]: column["type"] for column in inspector.get_columns(TABLES[DomainRow].name)}

    assert 253 == types["domain"].length


def test_mariadb_keeps_them_in_innodb(mariadb):
    """Tables use InnoDB, which has transactions; text is compared octet by octet, as in SQLite."""
    name = mariadb.database()
    with Database(mariadb.url(name)) as database:
        database.prepare()
    rows = mariadb.execute(
        f"SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{name}'"
    )

    tables = {*KEYS, DATE_VERSIONS.name}
    assert {(table, "InnoDB", "utf8mb4_bin") for table in tables} == set(rows)
