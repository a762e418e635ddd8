"""Tables of figures as text."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import pytest

from ipv6matrix.web.legacy import texts

DAY = dt.date(2022, 7, 20)
FOUND = pa.table(
    {
        "date": pa.array([DAY, DAY, dt.date(2023, 1, 5)], pa.date32()),
        "hosts": pa.array([1, 2, 3], pa.int64()),
        "ping4": pa.array([0.3, 12.0, 1e16], pa.float64()),
        "tld": pa.array(['a"&', "b<", "c,d"]),
    }
)
NAMES = ["date", "hosts", "ping4", "tld"]


def written(form, key="tld"):
    return texts.write(form, FOUND, NAMES, key, "Title").decode()


def test_json_is_nested_by_date_and_key():
    """Leaves lack date and key; whole numbers have no decimal point."""
    expected = {
        "2022-07-20": {'a"&': {"hosts": 1, "ping4": 0.3}, "b<": {"hosts": 2, "ping4": 12}},
        "2023-01-05": {"c,d": {"hosts": 3, "ping4": 10000000000000000}},
    }
    assert expected == json.loads(written("json"))
    assert '"ping4":12}' in written("json")


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("csv", '2022-07-20,1,0.3,"a""&"\n2022-07-20,2,12,b<\n'),
        ("xml", "<row><date>2022-07-20</date><hosts>2</hosts><ping4>12</ping4><tld>b&lt;</tld></row>"),
        ("html", "<tr><td>2022-07-20</td><td>1</td><td>0.3</td><td>a&quot;&amp;</td></tr>\n"),
    ],
)
def test_words_are_written_as_the_format_needs(form, row):
    """Texts are quoted or escaped as the format requires."""
    assert row in written(form)
