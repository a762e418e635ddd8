"""The summary tables in databases."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import inspect

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.rows import DomainRow
from ipv6matrix.summaries.tables import TABLES

KEYS = {
    "Domains": ["date", "domain"],
    "DomainPenetration": ["date", "country", "tld"],
    "HostData": ["date", "country", "tld", "type"],
    "Reachability": ["date", "country", "tld", "service"],
}


@pytest.fixture
def inspector(new_database):
    """What a database says of the tables that were made in it."""
    database = new_database()
    database.prepare()
    with database.read() as connection:
        yield inspect(connection)


@pytest.mark.parametrize("row", TABLES, ids=lambda row: TABLES[row].name)
def test_columns_are_the_fields(inspector, row):
    """
    A table has the columns of its row in their order; none may be NULL.
    """
    columns = inspector.get_columns(TABLES[row].name)

    assert [field.name for field in dataclasses.fields(row)] == [column["name"] for column in columns]
    assert not any(column["nullable"] for column in columns)


@pytest.mark.parametrize("table", KEYS)
def test_a_date_has_each_row_once(inspector, table):
    """
    The primary key begins with the date; an index begins with what is asked for over all dates, or of one.
    """
    assert KEYS[table] == inspector.get_pk_constraint(table)["constrained_columns"]
    indexes = [index["column_names"] for index in inspector.get_indexes(table)]
    over_dates = [["country", "date"], ["tld", "date"]]
    asked = {"Domains": [["date", "country", "domain"], ["domain", "date"]], "DomainPenetration": over_dates[:1]}
    assert asked.get(table, over_dates) == sorted(indexes)


def test_a_domain_may_be_as_long_as_names_are(inspector):
    """
    253 octets (RFC 1035 section 2.3.4).
    """
    types = {column["name"]: column["type"] for column in inspector.get_columns(TABLES[DomainRow].name)}

    assert 253 == types["domain"].length


def test_mariadb_keeps_them_in_innodb(mariadb):
    """
    Only InnoDB has transactions; text is compared octet by octet, as in SQLite.
    """
    name = mariadb.database()
    with Database(mariadb.url(name)) as database:
        database.prepare()
    rows = mariadb.execute(
        f"SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{name}'"
    )

    tables = {*KEYS, *totals.METADATA.tables}
    assert {(table, "InnoDB", "utf8mb4_bin") for table in tables} == set(rows)


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT * FROM Domains WHERE domain = 'a.example' ORDER BY date", "Domains_domain"),
        (
            "SELECT DISTINCT domain FROM Domains WHERE domain >= 'a' AND domain < 'b' ORDER BY domain LIMIT 20",
            "Domains_domain",
        ),
        ("SELECT date, tld, sum(hosts) FROM HostData WHERE country = 'DE' GROUP BY date, tld", "HostData_country"),
        (
            "SELECT date, country, sum(hosts) FROM HostData WHERE tld IN ('com', 'de') AND type = 'MX' GROUP BY 1, 2",
            "HostData_tld",
        ),
        ("SELECT date, sum(domains) FROM DomainPenetration GROUP BY date", "PRIMARY KEY|DomainPenetration"),
        ("SELECT * FROM Reachability WHERE date = '2024-05-06'", "PRIMARY KEY"),
    ],
)
def test_questions_of_a_website_use_a_key(tmp_path, sql, index):
    """
    One domain over time, names by prefix, one country over time, all by date, one date: none reads a table in vain.
    """
    with Database(f"sqlite:///{tmp_path / 'matrix.db'}") as database:
        database.prepare()
        with database.read() as connection:
            plan = " ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))

    assert any(word in plan for word in index.split("|")), plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
