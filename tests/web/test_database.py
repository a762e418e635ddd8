"""The database as the server reads it."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import insert, text

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.database import AwayError, BadUrlError, Summaries, TooSlowError
from tests.web import client, summaries

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "names no database"),
        ("matrix.db", "names no database"),
        ("nosuch://localhost/matrix", "names no database"),
        ("postgresql+nosuchdriver://localhost/matrix", "names no database"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_of_nothing_is_told(url, words):
    """
    A sentence with an example.
    """
    with pytest.raises(BadUrlError, match=f"{words}.*give one like sqlite:///"):
        Summaries(url)


def test_no_file_is_made(tmp_path):
    """
    Where there is no database there is none afterwards either.
    """
    with pytest.raises(AwayError, match="cannot be read"), Summaries(f"sqlite:///{tmp_path / 'none.db'}").connect():
        pass

    assert [] == list(tmp_path.iterdir())


def test_nothing_can_be_written(summary_url):
    """
    The database itself refuses.
    """
    reading = Summaries(summary_url)
    row = {"date": summaries.DATES[0], "domain": "new.example", "country": "ZZ"}
    with pytest.raises(AwayError), reading.connect() as connection:
        connection.execute(insert(DOMAINS), [row])
    reading.close()


def test_a_name_with_odd_characters_is_found(tmp_path, monkeypatch):
    """
    A path that means something in a URL is a path all the same.
    """
    folder = tmp_path / "a ?b%20#c"
    folder.mkdir()
    shutil.copy(summaries.sqlite(tmp_path).removeprefix("sqlite:///"), folder / "matrix.db")
    monkeypatch.chdir(folder)
    reading = Summaries("sqlite:///matrix.db")

    with reading.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM Domains")) > 0
    reading.close()


def test_a_statement_has_its_time(sqlite_url):
    """
    What takes too long is ended, and the connection goes on.
    """
    reading = Summaries(sqlite_url, statement_limit_s=0.05)
    with pytest.raises(TooSlowError), reading.connect() as connection:
        connection.execute(text(ENDLESS))

    with reading.connect() as connection:
        assert 1 == connection.scalar(text("SELECT 1"))
    reading.close()


def test_a_server_ends_a_statement_too(mariadb_url):
    """
    MariaDB is told the limit, and tells when it is over.
    """
    reading = Summaries(mariadb_url, statement_limit_s=0.2)
    with pytest.raises(TooSlowError), reading.connect() as connection:
        connection.execute(
            text("SELECT count(*) FROM Domains a, Domains b, Domains c, Domains d WHERE sleep(0.001) = 0")
        )
    reading.close()


def test_the_password_is_told_nobody():
    """
    What goes into the log has the URL without it.
    """
    reading = Summaries("mysql+mysqlconnector://reader:secret@127.0.0.1:1/matrix")

    with pytest.raises(AwayError) as raised, reading.connect():
        pass

    assert "reader:***@127.0.0.1" in str(raised.value)
    assert "secret" not in str(raised.value)


# --- a server whose database goes away ---


async def statuses(web, *paths):
    return [(await web.get(path)).status_code for path in paths]


PATHS = ("/json/hosts", "/api/v1/hosts", "/api/v1/domains/a_b.de", "/api/v1/tables/hosts.csv", "/json/domain-a_b.de")


async def test_the_server_outlives_its_database(tmp_path, caplog):
    """
    Away: 503 with a sentence in both shapes. Back, as another file: 200, without a restart.
    """
    caplog.set_level(logging.WARNING)
    path = tmp_path / "matrix.db"
    async with client.of(f"sqlite:///{path}") as web:
        assert [503] * 5 == await statuses(web, *PATHS)
        summaries.sqlite(tmp_path)
        assert [200] * 5 == await statuses(web, *PATHS)
        path.rename(tmp_path / "aside.db")
        assert [503] * 5 == await statuses(web, *PATHS)
        path.write_text("no database " * 500)
        assert [503] * 5 == await statuses(web, *PATHS)
        (tmp_path / "aside.db").rename(path)
        assert [200] * 5 == await statuses(web, *PATHS)

    assert "unable to open database file" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_database_without_tables_is_away(tmp_path):
    """
    A file of something else: 503, and not a word of SQL.
    """
    path = tmp_path / "matrix.db"
    sqlite3.connect(path).close()
    path.write_bytes(b"")
    async with client.of(f"sqlite:///{path}") as web:
        answer, problem = await web.get("/csv/hosts"), await web.get("/api/v1/hosts")

    assert (503, 503) == (answer.status_code, problem.status_code)
    assert ["error,help", "The database cannot be read at present"] == [
        line.partition(":")[0] for line in answer.text.splitlines()
    ]
    assert "application/problem+json" == problem.headers["content-type"]
    assert "30" == problem.headers["retry-after"]
    assert not [word for word in ("SELECT", "table", str(tmp_path)) if word in answer.text + problem.text]


async def test_the_server_outlives_a_mariadb(mariadb):
    """
    A server that stops and starts again is asked again.
    """
    url = summaries.fill(mariadb.url())
    async with client.of(url) as web:
        assert [200, 200] == await statuses(web, *PATHS[:2])
        mariadb.stop()
        try:
            assert [503, 503] == await statuses(web, *PATHS[:2])
        finally:
            mariadb.start()
        assert [200, 200] == await statuses(web, *PATHS[:2])


def test_the_web_server_loads_little():
    """
    Neither Scrapy nor what brings it.
    """
    code = "import sys, ipv6matrix.web.app; print({'scrapy', 'twisted'} & set(sys.modules))"

    assert "set()\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
