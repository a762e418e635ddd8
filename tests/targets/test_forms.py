"""Formats of lists."""

from __future__ import annotations

import pytest

from ipv6matrix.targets import lists
from ipv6matrix.targets.lists import Rejected

BOTH = ["a.example", "b.example"]
MAJESTIC = "GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD"


def read(tmp_path, content):
    file = tmp_path / "list"
    file.write_text(content)
    return list(lists.read((file,)))


@pytest.mark.parametrize(
    "content",
    [
        "1,a.example\n2,b.example\n",
        "1,a.example\r\n2,b.example\r\n",
        '"1","a.example"\n"2","b.example"\n',
        "# list of 1 November\n1,a.example\n2,b.example\n",
        "#rank,domain\n1,a.example\n# more\n2,b.example\n",
        "rank,domain\n1,a.example\n2,b.example\n",
        '"rank","domain","categories"\n1,a.example,"News;Sports"\n2,b.example,"Chat, Games"\n',
        "rank,domain,categories\n1,a.example,\n2,b.example,\n",
        "domain\na.example\nb.example\n",
        "Domain\na.example\nb.example\n",
        '"domain"\n"a.example"\n"b.example"\n',
        "domain,rank\na.example,1\nb.example,2\n",
        "a.example,1\nb.example,2\n",
        "origin,rank\nhttps://a.example,1000\nhttp://b.example:8080,1000\n",
        "origin\nhttps://a.example\nhttps://b.example\n",
        "https://a.example/\nhttps://b.example/path?query\n",
        "1\ta.example\n2\tb.example\n",
        "Rank\tRoot Domain\n1\ta.example\n2\tb.example\n",
        "1;a.example\n2;b.example\n",
        " 1 , a.example \n 2 , b.example \n",
        "1,a.example,com,900\n2,b.example,com,800\n",
        "position,name of site\n1,a.example\n2,b.example\n",
        f"{MAJESTIC}\n1,1,a.example,example,9,9,a.example,example\n2,2,b.example,example,9,9,b.example,example\n",
        "# hosts\n0.0.0.0 a.example\n0.0.0.0\tb.example # bad\n",
        "::1 a.example b.example\n",
        "url\nhttps://a.example\nb.example\n",
    ],
)
def test_common_formats_are_read(tmp_path, content):
    """Ranks, headers, quotes, comments, further columns and URLs around the domains make no difference."""
    assert BOTH == read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "ranks"),
    [
        ("1,a.example\n2,b.example\n", 2),
        ('# Saturday\n"1","a.example"\n"2","b.example"\n"3","-"\n', 4),
        (f"{MAJESTIC}\n1,1,a.example,example,9,9,a.example,example\n", 2),
        ("2,a.example\n1,b.example\n", 0),
        ("1000,a.example\n1000,b.example\n", 0),
        ("origin,rank\nhttps://a.example,1\nhttps://b.example,2\n", 0),
        ("a.example\nb.example\n", 0),
        ("0.0.0.0 a.example\n", 0),
        ("", 0),
    ],
)
def test_a_list_has_ranks_if_its_rows_are_numbered(tmp_path, content, ranks):
    """Rows that are numbered from 1 are ranks, as many as the file has lines; the order of other lists may be any."""
    (tmp_path / "list").write_text(content)
    (tmp_path / "more").write_text(content)

    assert ranks == lists.Locations(str(tmp_path / "list"), str(tmp_path / "more")).ranks()
    assert 0 == lists.Locations(str(tmp_path)).ranks()


def test_a_stray_quote_spoils_one_row(tmp_path):
    """A quote that is never closed does not swallow the rows below."""
    assert [Rejected("a.example", "invalid_name")] != read(tmp_path, '1,"a.example\n2,b.example\n')
    assert "b.example" == read(tmp_path, '1,"a.example\n2,b.example\n')[-1]


def test_the_first_row_of_a_list_without_columns_is_an_entry(tmp_path):
    """Only a known column name makes a row a header; anything else is invalid and counted."""
    assert [Rejected("my favourites", "invalid_name"), *BOTH] == read(tmp_path, "my favourites\na.example\nb.example\n")


def test_a_row_of_another_format_is_invalid(tmp_path):
    """One row with commas does not turn a plain list into a table."""
    assert [*BOTH, Rejected("1,c.example", "invalid_name")] == read(tmp_path, "a.example\nb.example\n1,c.example\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a.example\n", "names, one a line"),
        ("domain\na.example\n", "names, one a line, below a header"),
        ("1,a.example\n", "names in column 2 of a table with commas"),
        ("origin,rank\nhttps://a.example,1\n", "URLs in column 1 of a table with commas, below a header"),
        ("0.0.0.0 a.example\n", "a hosts file"),
        ("", "names, one a line"),
    ],
)
def test_a_format_is_described(tmp_path, content, words):
    """The log of a crawl says how its list is read."""
    (tmp_path / "list").write_text(content)
    (text,) = lists.decoding.texts(tmp_path / "list")

    assert words == str(lists.recognised(text)[0])
