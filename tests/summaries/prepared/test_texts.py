"""Rows of figures as text."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from random import Random
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest

from ipv6matrix.summaries.prepared import texts

NAMES = ["date", "hosts", "ping4", "tld"]
DATES = {0: "2022-07-20", 3: "2023-01-05"}
ODD = "a \"b\", <c> & 'd'\n"
FOUND = pa.table(
    {
        "date": pa.array([0, 0, 3], pa.int32()),
        "hosts": pa.array([10, 0, 7], pa.int64()),
        "ping4": pa.array([0.1 + 0.2, 12.0, 1234.5678]),
        "tld": ["de", ODD, "uk"],
    }
)
ROWS = [
    ["2022-07-20", "10", "0.3", "de"],
    ["2022-07-20", "0", "12", ODD],
    ["2023-01-05", "7", "1234.568", "uk"],
]


def whole(form, found=FOUND, names=NAMES, key="tld"):
    pieces = texts.pieces(form, found, DATES, names, key)
    return b"".join([texts.head(form, names, "<title>"), texts.between(form).join(pieces), texts.foot(form)]).decode()


def test_json_is_nested_by_date_and_word():
    """
    Without space between; numbers of three digits at most, and no point where there is nothing behind it.
    """
    expected = {
        "2022-07-20": {"de": {"hosts": 10, "ping4": 0.3}, ODD: {"hosts": 0, "ping4": 12}},
        "2023-01-05": {"uk": {"hosts": 7, "ping4": 1234.568}},
    }

    assert json.dumps(expected, separators=(",", ":")) == whole("json")


def test_json_without_a_key_is_nested_by_date():
    """
    One row each.
    """
    found = FOUND.take([0, 2]).drop_columns(["tld", "ping4"])

    assert '{"2022-07-20":{"hosts":10},"2023-01-05":{"hosts":7}}' == whole("json", found, ["date", "hosts"], None)


def test_csv_can_be_read():
    """
    Names first, words quoted where needed.
    """
    assert [NAMES, *ROWS] == list(csv.reader(io.StringIO(whole("csv"))))


def test_xml_can_be_read():
    """
    Whatever a word holds.
    """
    document = ET.fromstring(whole("xml").encode())

    assert ROWS == [[cell.text for cell in row] for row in document]
    assert NAMES == [cell.tag for cell in document[0]]


def test_html_is_a_table():
    """
    Names in its first row; no word and no title is taken for a tag.
    """
    text = whole("html")

    assert "<title>&lt;title&gt;</title>" in text
    assert [NAMES, *ROWS] == [
        [unescape(cell) for cell in re.findall(r"<t[dh]>(.*?)</t[dh]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>\n", text, re.DOTALL)
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda random: round(random.uniform(0, 1e9 - 1), 3),
        lambda random: round(random.uniform(0, 10), 3),
        lambda random: float(random.randrange(10**9)),
        lambda random: sum(round(random.uniform(0, 300), 3) for _ in range(50)),
        lambda random: random.choice([0.0, 0.001, 0.1, 0.0005, 0.0015, 2.5, -0.1, 1e12 + 0.5, 1e18]),
    ],
)
def test_numbers_are_rounded_as_python_does(make):
    """
    Whether they are many and plain, or hang by a hair.
    """
    random = Random(1)
    values = [make(random) for _ in range(2_000)]
    found = pa.table({"date": pa.array([0] * len(values), pa.int32()), "ping4": values})

    (piece,) = texts.pieces("csv", found, DATES, ["ping4"], None)

    rounded = [round(value, 3) for value in values]
    assert [str(int(one)) if one.is_integer() else repr(one) for one in rounded] == piece.decode().split()


def test_no_rows_are_no_pieces():
    """
    Whoever answers says that nothing was found.
    """
    assert [] == texts.pieces("json", FOUND.slice(0, 0), DATES, NAMES, "tld")
