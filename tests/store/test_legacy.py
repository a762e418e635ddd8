"""Opening the database of the 2022 crawler."""

from __future__ import annotations

import sqlite3

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from ipv6matrix.store.legacy import TABLES, Legacy


@pytest.fixture
def path(tmp_path):
    """An empty database of the 2022 crawler."""
    place = tmp_path / "ips.db"
    connection = sqlite3.connect(place)
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
    connection.close()
    return place


def change(path, *statements):
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_rows_are_texts(path):
    """Every value is converted to the text of the CSV files; NULL is n/a, and BLOBs never become text."""
    change(path, "INSERT INTO ping VALUES ('192.0.2.1', 5, 1.25, '2.5', NULL, CAST(x'39ff' AS TEXT))")

    with Legacy(path) as source:
        assert [("192.0.2.1", "5", "1.25", "2.5", "n/a", "9\ufffd")] == list(source.rows("ping"))
        assert [] == list(source.rows("job"))


def test_a_missing_file_is_reported(tmp_path):
    """A path without a file is an error."""
    with pytest.raises(StoreError, match=r"none.db'.*\[IMPORT_NOT_READABLE\]"):
        Legacy(tmp_path / "none.db")


def test_another_file_is_reported(tmp_path):
    """A file that is not a database is an error."""
    (tmp_path / "text.db").write_text("no database" * 100)

    with pytest.raises(StoreError, match="IMPORT_NOT_READABLE"):
        Legacy(tmp_path / "text.db")


def test_a_database_of_this_project_is_reported(tmp_path):
    """Exports read such a database directly; there is nothing to import."""
    Store(tmp_path / "ips.db").close()

    with pytest.raises(StoreError, match="IMPORT_NOT_NEEDED"):
        Legacy(tmp_path / "ips.db")


@pytest.mark.parametrize(
    ("statement", "lacks"),
    [("DROP TABLE rdns", "column ip in a table rdns"), ("ALTER TABLE tcp RENAME starttls TO tls", "column starttls")],
)
def test_other_tables_are_reported(path, statement, lacks):
    """The error names the missing table or column."""
    change(path, statement)

    with pytest.raises(StoreError, match=lacks):
        Legacy(path)


def test_a_truncated_file_is_reported(path):
    """A truncated database is reported when it is opened or when it is read."""
    change(path, *[f"INSERT INTO job VALUES ('MX', 'domain{n}.test', 'mx.test.', 10)" for n in range(2000)])
    octets = path.read_bytes()
    path.write_bytes(octets[: len(octets) // 2])

    with pytest.raises(StoreError, match="IMPORT_NOT_READABLE"), Legacy(path) as source:
        list(source.rows("job"))


def test_the_file_is_not_written(path):
    """Reading changes neither the file nor its folder."""
    before = path.read_bytes()
    path.chmod(0o444)

    with Legacy(path) as source:
        list(source.rows("job"))

    assert before == path.read_bytes()
    assert [path] == list(path.parent.iterdir())
