"""Downloads of tables."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from pyarrow import parquet

from ipv6matrix.summaries.rows import (
    DomainPenetration,
    DomainRow,
    HostData,
    Reachability,
    Readiness,
    ReadinessBasis,
    ReadinessCounts,
)
from tests.web.summaries import DATES, LISTS, ROWS
from tests.web.v1.asking import ask

KINDS = {
    "domains": DomainRow,
    "penetration": DomainPenetration,
    "hosts": HostData,
    "reachability": Reachability,
    "readiness": Readiness,
    "readiness-counts": ReadinessCounts,
    "readiness-basis": ReadinessBasis,
}
KEY = ("date", "tag", "domain", "country", "tld", "bracket", "level", "type", "service")


def released(row):
    """Return the columns of a row that 0.1.0 had."""
    return {name: value for name, value in dataclasses.asdict(row).items() if value is not None}


def rows(table, date=None):
    every = [*ROWS, *(row for _, rows in LISTS for row in rows)]
    matching = [released(row) for row in every if isinstance(row, KINDS[table]) and date in (None, row.date)]
    key = KEY[:3] if table in ("domains", "readiness") else KEY
    return sorted(matching, key=lambda row: [row[name] for name in key if name in row])


@pytest.mark.parametrize("date", [None, DATES[1]])
@pytest.mark.parametrize("table", KINDS)
async def test_csv_has_every_row(both, table, date):
    """CSV has a header and every row."""
    answer = await both.get(f"/api/v1/tables/{table}.csv" + (f"?date={date}" if date else ""))

    expected = [{name: str(value) for name, value in row.items()} for row in rows(table, date)]
    assert expected == list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("table", KINDS)
async def test_parquet_has_every_row(both, table):
    """Parquet has every row with its types: dates, integers, numbers, text."""
    answer = await both.get(f"/api/v1/tables/{table}.parquet")

    assert rows(table) == parquet.read_table(io.BytesIO(answer.content)).to_pylist()


async def test_a_download_has_a_name(web):
    """A download is named after its table and date."""
    answer = await web.get(f"/api/v1/tables/hosts.csv?date={DATES[0]}")

    assert f'attachment; filename="ipv6matrix-hosts-{DATES[0]}.csv"' == answer.headers["content-disposition"]


async def test_parquet_is_not_compressed_twice(web):
    """Parquet is sent without gzip, because it is already compressed."""
    answer = await web.get("/api/v1/tables/domains.parquet", headers={"Accept-Encoding": "gzip"})

    assert answer.headers.get("content-encoding") is None


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
async def test_head_reads_no_table(web, monkeypatch, suffix):
    """A HEAD request does not make the server read all rows."""
    monkeypatch.setattr("ipv6matrix.web.v1.tables._parts", None)
    answer = await web.head(f"/api/v1/tables/hosts.{suffix}")

    assert (200, b"") == (answer.status_code, answer.content)


async def test_tables_are_listed(web):
    """Tables are listed with their columns and working links."""
    items = (await ask(web, "/tables"))["items"]

    assert {name: list(rows(name)[0]) for name in KINDS} == {item["table"]: item["columns"] for item in items}
    assert {200} == {(await web.get(item[form])).status_code for item in items for form in ("csv", "parquet")}


async def test_no_such_date_is_not_found(web):
    """An unknown date is not found, rather than an empty table."""
    assert 404 == (await web.get("/api/v1/tables/hosts.csv?date=1999-01-01")).status_code
