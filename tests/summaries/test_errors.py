"""Errors of databases of summaries."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy import event, inspect

from ipv6matrix.exceptions import ExportError
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.tables import ALL_TABLES, DATE_VERSIONS, OBSOLETE_TABLES, READINESS_METADATA
from tests.summaries.sample_rows import DATE, LATER, as_tables, held, made_up


def complaint(url):
    """Publish to a database that rejects it, and return the error message."""
    with pytest.raises(ExportError) as caught, Database(url) as database:
        publish(database, DATE, made_up())
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "hunter2" not in sentence
    return sentence


def test_a_server_that_is_down(mariadb):
    """If no server listens, the error names the URL without its password."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"mysql+mysqlconnector://root:hunter2@127.0.0.1:{unused.getsockname()[1]}/matrix"

        assert "root:***@127.0.0.1" in complaint(url)
        assert "does not answer" in complaint(url)


def test_a_server_that_is_silent():
    """If a server accepts a connection and sends nothing, connecting times out."""
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        url = f"mysql+mysqlconnector://root@127.0.0.1:{mute.getsockname()[1]}/matrix?connection_timeout=1"

        assert "does not answer" in complaint(url)


def test_a_wrong_password(mariadb):
    """A rejected password is reported as such."""
    assert "refuses the user or the password" in complaint(mariadb.url(mariadb.database(), "root:hunter2"))


def test_an_unknown_database(mariadb):
    """The error for a missing database contains the statement that creates it."""
    assert "CREATE DATABASE" in complaint(mariadb.url("nothing"))


def test_tables_that_may_not_be_made(mariadb):
    """If tables are missing and the user must not create them, the error names the tables and the missing privilege."""
    name = mariadb.database()
    sentence = complaint(mariadb.url(name, mariadb.user(name, "SELECT", "INSERT", "DELETE")))

    for table in (*ALL_TABLES, DATE_VERSIONS):
        assert (
            table.name in sentence.partition("lacks the tables ")[2].partition(", and this user may not make them")[0]
        )
    assert "GRANT" in sentence


@pytest.mark.parametrize("missing", ["SELECT", "INSERT", "DELETE"])
def test_a_missing_privilege(mariadb, missing):
    """Without one of the privileges that publishing needs, nothing is published."""
    name = mariadb.database()
    with Database(mariadb.url(name)) as database:
        publish(database, DATE, made_up(domains=2))
        granted = {"SELECT", "INSERT", "DELETE"} - {missing}

        assert "GRANT" in complaint(mariadb.url(name, mariadb.user(name, *granted)))
        assert as_tables(made_up(domains=2)) == held(database)


COLUMNS = ["HostData unknown", "DomainPenetration www_known", "DomainPenetration ntp_unknown"]


def test_tables_of_0_1_0_are_brought_up_to_date(new_database):
    """Missing columns and tables are added, and obsolete tables are dropped; rows stay."""
    database = new_database()
    publish(database, DATE, made_up())
    with database.write() as connection:
        for column in COLUMNS:
            table, name = column.split()
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
        for table in OBSOLETE_TABLES:
            connection.exec_driver_sql(f"CREATE TABLE {table} (date DATE)")
        READINESS_METADATA.drop_all(connection)
    publish(database, LATER, made_up(LATER))

    assert as_tables(made_up(LATER)) == held(database, LATER)
    assert len(held(database)["HostData"]) == len(as_tables(made_up())["HostData"])
    with database.read() as connection:
        names = {table.name for table in (*ALL_TABLES, DATE_VERSIONS)}
        assert names == {*inspect(connection).get_table_names()}


def test_a_user_who_may_not_drop_tables_publishes_all_the_same(mariadb, caplog):
    """A DROP that the user must not run is logged for an administrator; an ALTER is an error."""
    name = mariadb.database()
    with Database(mariadb.url(name)) as database:
        database.prepare()
    mariadb.execute(f"CREATE TABLE {name}.Comparisons (date DATE)")
    rights = ("SELECT", "INSERT", "DELETE", "CREATE", "INDEX")
    url = mariadb.url(name, mariadb.user(name, *rights))
    with Database(url) as database:
        publish(database, DATE, made_up())
    assert "DROP TABLE Comparisons;" in caplog.text

    mariadb.execute(f"ALTER TABLE {name}.DomainPenetration DROP COLUMN mx_known")
    assert "let an administrator run ALTER TABLE DomainPenetration ADD COLUMN mx_known INTEGER;" in complaint(url)


def test_a_table_without_transactions(mariadb):
    """MyISAM tables, as in 2022, are rejected, because they have no transactions."""
    name = mariadb.database()
    with Database(mariadb.url(name)) as database:
        database.prepare()
    mariadb.execute(f"ALTER TABLE {name}.HostData ENGINE = MyISAM")

    assert "ALTER TABLE HostData ENGINE = InnoDB;" in complaint(mariadb.url(name))


def test_a_table_of_another_program(new_database):
    """A table with the same name and other columns stays unchanged."""
    database = new_database()
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE Domains (date DATE, hits INT)")

    with pytest.raises(ExportError, match="the table Domains has no column domain: it is another program's"):
        publish(database, DATE, made_up())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is not a valid URL of a database"),
        ("matrix:hunter2@db", "'matrix:***@db' is not a valid URL"),
        ("mysql+mysqlconnector://u:hunter2@h:port/db", "is not a valid URL"),
        ("oracle2://u:hunter2@h/db", "no such kind of database"),
        ("mysql+pymysql2://u:hunter2@h/db", "no such kind of database"),
        ("firebird://u:hunter2@h/db", "no such kind of database"),
        ("oracle+cx_oracle://u:hunter2@h/db", "needs the package 'cx_Oracle'"),
    ],
)
def test_a_wrong_url(url, words):
    """The error for an invalid URL has an example; for a missing driver, it names the package."""
    assert words in complaint(url)


def test_a_file_that_is_something_else(tmp_path):
    """A text file is rejected and stays unchanged."""
    path = tmp_path / "matrix.db"
    path.write_text("Dear diary, " * 100)

    assert "is not a database that can be read" in complaint(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")


def test_a_folder_in_the_way(tmp_path):
    """A folder in the place of the file, and a file in the place of the folder, are reported."""
    (tmp_path / "file").touch()

    assert "cannot be opened" in complaint(f"sqlite:///{tmp_path}")
    assert "cannot make the folder of" in complaint(f"sqlite:///{tmp_path / 'file' / 'matrix.db'}")


def test_a_file_that_may_only_be_read(tmp_path, monkeypatch):
    """In a read-only database the date keeps its rows, and no folder is created from the `file:` name."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with Database(url) as database:
        publish(database, DATE, made_up(domains=2))

    assert "cannot be written" in complaint(f"sqlite:///file:{tmp_path / 'matrix.db'}?mode=ro&uri=true")
    assert not (tmp_path / "file:").exists()
    with Database(url) as database:
        assert as_tables(made_up(domains=2)) == held(database)


def test_a_full_disk(tmp_path):
    """If there is not enough space for all rows, the date keeps its old ones."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with Database(url) as database:
        publish(database, DATE, made_up(domains=2))
        event.listen(
            database._engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 20")
        )
        with pytest.raises(ExportError, match=r"has no room .* make room there"):
            publish(database, DATE, made_up(domains=2_000))

        assert as_tables(made_up(domains=2)) == held(database)


def test_somebody_else_who_writes(tmp_path):
    """Publishing waits for another writer, and fails after a timeout."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}?timeout=0.1"
    with Database(url) as database, database.write():
        assert "is being written by another process" in complaint(url)
