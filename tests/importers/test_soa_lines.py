"""Lines of soa_NS files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipv6matrix.importers import soa_lines
from ipv6matrix.importers.texts import BrokenError
from ipv6matrix.store.imported import Soa

# Names as DNS may hold them: with lower case, commas and digits, without a final dot.
NAME = st.text(st.sampled_from("a1,0.-_"), min_size=1, max_size=8).filter(lambda name: not name.endswith("."))
NUMBERS = st.tuples(*[st.integers(0, 2**32 - 1)] * 5)


def line(soa, first="n/a", in_house=0, total=0):
    head = ["soa", soa.domain, soa.mname, first, in_house, max(total - 1, 0), total, soa.rname]
    return ",".join(map(str, [*head, *soa[3:]])) + "\n"


@given(NAME, NAME, NUMBERS, st.lists(NAME, max_size=3), st.booleans())
def test_a_line_is_read_correctly_or_not_at_all(mname, rname, numbers, servers, in_house):
    """If names contain commas, the name servers show how to split the line; an ambiguous line is rejected."""
    soa = Soa("d.test", mname, rname, *numbers)
    first = servers[0] if servers else "n/a"
    try:
        record = soa_lines.read(line(soa, first, int(in_house), len(servers)), lambda _: servers)
    except BrokenError:
        assert "," in mname + rname + first
    else:
        assert soa == record


def test_commas_in_names_do_not_end_fields():
    """The two names are what comes before and after the columns of the name servers."""
    soa = Soa("d.test", "ns,1.d.test", "a,b.d.test", 1, 2, 3, 4, 5)

    assert soa == soa_lines.read(line(soa, "n,s.d.test", 1, 2), lambda _: ["n,s.d.test", "ns2.d.test"])


def test_a_plain_line_needs_no_name_servers():
    """With thirteen columns nothing is looked up; final dots are removed."""
    text = "soa,D.test,ns.d.test.,ns.d.test.,1,0,1,root.d.test.,1,2,3,4,5\r\n"

    assert Soa("d.test", "ns.d.test", "root.d.test", 1, 2, 3, 4, 5) == soa_lines.read(text, pytest.fail)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soa,d.test,ns,n/a,0,0,0,root,1,2,3,4",
        "soap,d.test,ns,n/a,0,0,0,root,1,2,3,4,5",
        "soa,d.test,ns,n/a,0,0,0,root,1,2,3,4,-5",
        "soa,com,ns,n/a,0,0,0,root,1,2,3,4,5",
        "soa,d.test,n,s,ns,0,0,7,root,1,2,3,4,5",
    ],
)
def test_a_broken_line_is_reported(text):
    """
    Too few columns, another word, invalid numbers or domains, and columns that contradict the name servers are errors.
    """
    with pytest.raises(BrokenError):
        soa_lines.read(text, lambda _: [])
