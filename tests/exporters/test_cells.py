"""Cells of CSV files that no spreadsheet executes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipv6matrix.exporters import cells
from ipv6matrix.importers.texts import dns_text, plain_text

# What the parser of DNS messages returns for octets of a label (RFC 1035 section 5.1).
OCTETS = [
    f"\\{chr(number)}" if chr(number) in '"().;\\@$' else chr(number) if 0x20 < number < 0x7F else f"\\{number:03d}"
    for number in range(256)
]
NAMES = st.lists(st.sampled_from([*OCTETS, ".", "=", "+", "-", ",", "\\;"]), min_size=1).map("".join)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd|' /C calc'!A0.example", r"\061cmd|' /C calc'!A0.example"),
        ("+1.example", r"\0431.example"),
        ("-1.example", r"\0451.example"),
        ("@sum.example", r"\064sum.example"),
        ("\t=1", r"\009=1"),
        ("\r=1", r"\013=1"),
        ("a\nb", r"a\010b"),
        (r"a\;=cmd.example", r"a\059=cmd.example"),
        ("City; State", r"City\059 State"),
        (r"a\\\;b", r"a\\\059b"),
        (r"\061.example", r"\061.example"),
        ("a=b-c+d.example", "a=b-c+d.example"),
        ("a,b.example", "a,b.example"),
        ("n/a", "n/a"),
        (-23.5, -23.5),
        (None, None),
    ],
)
def test_a_formula_becomes_a_text(value, cell):
    """
    Characters that could start a formula or break a row become decimal codes; numbers and other text are unchanged.
    """
    assert cell == cells.inert(value)


def test_without_quotes_commas_are_escaped_too():
    """A comma in a name does not end a column."""
    assert r"a\044b.example" == cells.unquoted("a,b.example")
    assert r"\061a\044b" == cells.unquoted("=a,b")


@given(NAMES)
def test_names_survive_a_round_trip(name):
    """No name of any octets begins a formula, and reading the cell returns the same name."""
    for cell in (cells.inert(name), cells.unquoted(name)):
        assert cell[0] not in "=+-@\t\r"
        assert ";" not in cell
        assert name == dns_text(cell)
    assert "," not in cells.unquoted(name)


@given(st.text().filter(lambda text: "\\" not in text))
def test_other_texts_survive_a_round_trip(text):
    """Cities and organisations survive, too."""
    assert text == plain_text(cells.inert(text))
