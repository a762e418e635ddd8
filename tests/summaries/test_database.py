"""A database of summaries."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from tests.summaries.sample_rows import DATE, as_tables, held, made_up


def test_the_name_has_no_password():
    """The name of a database is its URL without the password."""
    assert "mysql+mysqlconnector://u:***@h/db" == Database("mysql+mysqlconnector://u:secret@h/db").name


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("sqlite:///crawls/matrix.db", f"sqlite:///{Path.cwd()}/crawls/../crawls/matrix.db"),
        ("mysql+mysqlconnector://a:b@localhost/db", "mysql+mysqlconnector://c:d@127.0.0.1:3306/db"),
        ("mysql+mysqlconnector://a@h/db", "mariadb+mysqlconnector://a@h/db"),
    ],
)
def test_two_urls_of_one_database(url, other):
    """URLs that differ in users, spelling and defaults denote the same database."""
    assert Database(url).place == Database(other).place


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("sqlite:///crawls/matrix.db", "sqlite:///crawls/live.db"),
        ("mysql+mysqlconnector://a@h/staging", "mysql+mysqlconnector://a@h/live"),
        ("mysql+mysqlconnector://a@h/db", "mysql+mysqlconnector://a@h:3307/db"),
        ("mysql+mysqlconnector://a@h/db", "mysql+mysqlconnector://a@i/db"),
    ],
)
def test_urls_of_two_databases(url, other):
    """URLs that differ in file, name, port or host denote different databases."""
    assert Database(url).place != Database(other).place


def test_a_folder_is_made_to_write_and_nothing_to_read(tmp_path):
    """Reading a missing database leaves no empty file behind."""
    path = tmp_path / "new" / "folder" / "matrix.db"
    with Database(f"sqlite:///{path}") as database:
        with pytest.raises(ExportError, match="there is no"), database.read():
            pytest.fail("nothing to read")
        assert not database.has_tables()
        assert [] == list(tmp_path.iterdir())

        database.prepare()
        assert database.has_tables()


def test_readers_see_one_state_while_somebody_writes(new_database):
    """A writer does not block readers, which see its rows once they are committed."""
    database = new_database()
    publish(database, DATE, made_up(domains=2))
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM Domains")

        assert as_tables(made_up(domains=2)) == held(database)
    assert [] == held(database)["Domains"]


def test_an_exception_undoes_a_transaction(new_database):
    """After an exception, tables and rows are as before."""
    database = new_database()
    publish(database, DATE, made_up(domains=2))
    with pytest.raises(KeyError), database.write() as connection:
        connection.exec_driver_sql("DELETE FROM HostData")
        raise KeyError

    assert as_tables(made_up(domains=2)) == held(database)


def test_a_socket_and_options_of_a_url(mariadb):
    """A socket and a collation in the URL override the defaults."""
    url = f"mysql+mysqlconnector://root@/{mariadb.database()}?unix_socket={mariadb.socket}&collation=utf8mb4_general_ci"
    with Database(url) as database:
        publish(database, DATE, made_up())
        with database.read() as connection:
            (name,) = connection.exec_driver_sql("SELECT @@collation_connection").one()

        assert "utf8mb4_general_ci" == name
        assert as_tables(made_up()) == held(database)
