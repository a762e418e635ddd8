"""Lines of CSV files, complete and broken."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipv6matrix.importers.records import records

FIELD = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",\r\n'), max_size=8)


def read(text, columns=3):
    """Return records and complaints of a text, as if read from a file."""
    complaints = []
    numbered = records(io.StringIO(text, newline=""), columns, lambda *complaint: complaints.append(complaint))
    return list(numbered), complaints


@given(st.lists(st.lists(FIELD, min_size=3, max_size=3), max_size=6))
def test_written_texts_are_read(rows):
    """Quotes, commas and line ends within a text are unchanged."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)

    numbered, complaints = read(written.getvalue())

    assert rows == [row for _, row in numbered]
    assert [] == complaints


def test_records_are_numbered_by_their_first_line():
    """A text over three lines counts as three lines."""
    assert ([(1, ["a", "b\r\nc\nd", "e"]), (4, ["f", "g", "h"])], []) == read('a,"b\r\nc\nd",e\r\nf,g,h\r\n')


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("a,b", "2 columns, not 3"),
        ("a,b,c,d", "4 columns, not 3"),
        ("", "0 columns, not 3"),
        ('a,"b,c', "its quotes are not closed"),
        ('a,b"b,c', "its quotes are not closed"),
        ('a,"b"b,c', "its quotes are not closed"),
    ],
)
def test_a_broken_line_is_reported_and_affects_no_other(broken, complaint):
    """The lines before and after it are read, including those with quotes."""
    numbered, complaints = read(f'1,2,3\r\n{broken}\r\n4,"5,5",6\r\n7,8,9\r\n')

    assert [["1", "2", "3"], ["4", "5,5", "6"], ["7", "8", "9"]] == [row for _, row in numbered]
    assert [(2, complaint)] == complaints


def test_two_open_quotes_do_not_swallow_the_lines_between():
    """Quotes that pair by accident form no record, and the lines between them are read."""
    numbered, complaints = read('a,"b,c\r\n1,2,3\r\nd,"e,f\r\n4,5,6\r\n')

    assert [["1", "2", "3"], ["4", "5", "6"]] == [row for _, row in numbered]
    assert [1, 3] == [line for line, _ in complaints]


def test_a_file_may_end_within_a_line():
    """The last line of a truncated file is reported."""
    assert ([(1, ["1", "2", "3"])], [(2, "2 columns, not 3")]) == read("1,2,3\r\n4,5")
