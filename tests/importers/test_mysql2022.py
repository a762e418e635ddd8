"""The summaries of the 2022 system, in a MariaDB with its schema."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from ipv6matrix.exceptions import ExportError, ImportRefusedError
from ipv6matrix.importers.mysql2022 import Import
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.tables import DOMAINS, HOST_DATA
from tests import typed
from tests.summaries.sample_rows import held
from tests.web import client

ONE, TWO = dt.date(2010, 7, 20), dt.date(2022, 7, 20)
_STORAGE = "ENGINE=MyISAM DEFAULT CHARSET=utf8mb3"
_INT = "int(11) NOT NULL DEFAULT 0"
_HOSTS = ("hosts", "hosts4", "hosts6", "dualstack", "noip", "pinghosts", "faster")
# ruff: noqa: ISC004
SCHEMA = (
    "CREATE TABLE Domains (date date NOT NULL, domain varchar(128) NOT NULL, country char(2) NOT NULL DEFAULT '', "
    + ", ".join(f"{kind}_{name} {_INT}" for kind in ("www", "mx", "ns", "ntp") for name in ("hosts", "hosts6"))
    + ", "
    + ", ".join(f"{port}{family} {_INT}" for port in ("http", "https", "smtp") for family in (4, 6))
    + f", faster {_INT}, pingratio float NOT NULL DEFAULT 0, fewer {_INT}, hopratio float NOT NULL DEFAULT 0,"
    f" KEY domain (domain)) {_STORAGE}",
    f"CREATE TABLE DomainPenetration (date date NOT NULL, country char(2) NOT NULL, tld varchar(64) NOT NULL,"
    f" domains {_INT}, domains6 {_INT}, www {_INT}, mx {_INT}, ns {_INT}, ntp {_INT}) {_STORAGE}",
    "CREATE TABLE HostData (date date NOT NULL, country char(2) NOT NULL, tld varchar(64) NOT NULL,"
    f" type char(3) NOT NULL, {', '.join(f'{name} {_INT}' for name in _HOSTS)}, ping4 float NOT NULL DEFAULT 0,"
    f" ping6 float NOT NULL DEFAULT 0, pathhosts {_INT}, fewer {_INT}, hops4 {_INT}, hops6 {_INT},"
    f" PRIMARY KEY (date, country, tld, type)) {_STORAGE}",
    "CREATE TABLE Reachability (date date NOT NULL, country char(2) NOT NULL, tld varchar(64) NOT NULL,"
    f" service varchar(5) NOT NULL, hosts4 {_INT}, hosts6 {_INT}, reach4 {_INT}, reach6 {_INT}) {_STORAGE}",
)


@pytest.fixture
def old(mariadb):
    """A database of 2022 with two crawls, and the anomalies of such databases."""
    name = mariadb.database()
    mariadb.execute(f"USE {name}", "SET sql_mode = ''", *SCHEMA, *_rows())
    return mariadb.url(name)


def _rows():
    for date in (ONE, TWO):
        for number in range(50):
            yield (
                f"INSERT INTO Domains (date, domain, country, www_hosts, www_hosts6, pingratio) VALUES"
                f" ('{date}', 'd{number:02}.com', 'DE', 2, {number % 2}, 0.9375)"
            )
        yield f"INSERT INTO DomainPenetration VALUES ('{date}', 'DE', 'com', 52, 26, 25, 0, 1, 0)"
        yield (
            "INSERT INTO HostData (date, country, tld, type, hosts, hosts4, dualstack, ping4) VALUES"
            f" ('{date}', 'DE', 'com', 'WWW', 104, 79, 25, 1234.5)"
        )
        yield f"INSERT INTO Reachability VALUES ('{date}', 'DE', 'com', 'HTTP', 104, 25, 99, 20)"
    yield f"INSERT INTO Domains (date, domain, country) VALUES ('{TWO}', 'D01.COM.', 'us')"
    yield f"INSERT INTO Domains (date, domain, country) VALUES ('{TWO}', 'n/a', '')"
    yield f"INSERT INTO Domains (date, domain, country) VALUES ('{TWO}', 'nowhere.example.', '')"
    yield f"INSERT INTO Domains (date, domain, country) VALUES ('{TWO}', '{'x' * 124}.com', 'GB')"
    yield "INSERT INTO Domains (date, domain, country) VALUES ('0000-00-00', 'undated.com', 'GB')"
    yield f"INSERT INTO DomainPenetration VALUES ('{TWO}', 'DE', 'COM.', 3, 1, 1, 0, 0, 0)"
    yield f"INSERT INTO HostData (date, country, tld, type, hosts, ping4) VALUES ('{TWO}', 'GB', 'uk', 'MX', 7, -1)"


@pytest.fixture(params=["sqlite", "mariadb"])
def target_url(request, tmp_path):
    return request.getfixturevalue("mariadb").url() if request.param == "mariadb" else f"sqlite:///{tmp_path / 'm.db'}"


def test_all_dates_are_copied_and_cleaned(old, target_url, tmp_path):
    """Case is normalized, keys are unique, invalid names are left out; the second time nothing is left to copy."""
    with Database(target_url) as target:
        copying = Import(old, target, tmp_path / "one")
        assert {ONE: 50, TWO: 52} == {contents.date: copying.copy(contents.date) for contents in copying.find()}
        first = {date: held(target, date) for date in (ONE, TWO)}
        again = Import(old, target, tmp_path / "two").find()
        with target.read() as connection:
            names = {*connection.scalars(select(DOMAINS.c.domain).where(DOMAINS.c.date == TWO))}
            (ping4, hosts) = connection.execute(
                select(HOST_DATA.c.ping4, HOST_DATA.c.hosts).where(HOST_DATA.c.date == TWO, HOST_DATA.c.country == "GB")
            ).one()

    assert [True, True] == [contents.is_there for contents in again]
    assert {"d01.com", "nowhere.example"} <= names
    assert not {"D01.COM.", "n/a", "undated.com"} & names
    assert [(TWO, "DE", "com", 55, 27, 26, 0, 1, 0, 0, *[None] * 8)] == first[TWO]["DomainPenetration"]
    assert (0.0, 7) == (ping4, hosts)
    assert {(ONE, "d00.com", "DE"), (ONE, "d49.com", "DE")} <= {row[:3] for row in first[ONE]["Domains"]}


@pytest.mark.crawl
def test_the_command_lists_and_copies(old, target_url):
    """A dry run writes nothing; given twice, the command copies once."""
    dry = typed.run("import", "mysql2022", old, "--dry-run", SUMMARY_URL=target_url)
    assert 0 == dry.returncode, dry.stderr
    assert f"{ONE} would be copied: 1 DomainPenetration, 50 Domains, 1 HostData, 1 Reachability" in dry.stdout
    for words in ("in several spellings", "name no domain", "may have been cut", "a negative figure", "of no kind"):
        assert words in dry.stdout, words
    with Database(target_url) as target:
        assert not target.has_tables()

    for state in ("copied", "is there already"):
        ended = typed.run("import", "mysql2022", old, SUMMARY_URL=target_url)
        assert [f"{date} {state}" for date in (ONE, TWO)] == [
            line.partition(":")[0] for line in ended.stdout.splitlines() if line[0] != " "
        ]


async def test_the_website_reads_a_2022_database_directly(old):
    """The website serves it without changing it."""
    async with client.of(old) as web:
        hosts, page = await web.get("/csv/hosts"), await web.get("/domain-d01.com")

    assert f"date,hosts,hosts6\n{ONE},104,25\n{TWO},111,25\n" == hosts.text
    assert 200 == page.status_code


def test_publishing_to_a_2022_database_is_rejected(old):
    """MyISAM has no transactions; the error names the import command."""
    with Database(old) as database, pytest.raises(ExportError, match="import mysql2022"):
        database.prepare()


def test_an_invalid_source_is_rejected(mariadb, tmp_path):
    """A database without the tables of 2022, and the target itself, are errors."""
    with Database(f"sqlite:///{tmp_path / 'm.db'}") as target:
        with pytest.raises(ImportRefusedError, match="has no table DomainPenetration"):
            Import(mariadb.url(mariadb.database()), target, tmp_path)
        with pytest.raises(ImportRefusedError, match="is SUMMARY_URL itself"):
            Import(target.name, target, tmp_path)
