"""
Parameters shared by several resources.
"""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from ipv6matrix.web.v1.parameters import HostQuestion, PenetrationQuestion, ReachQuestion, order
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE


@pytest.mark.parametrize(
    ("question", "figures"), [(HostQuestion, HOSTS), (ReachQuestion, REACHABLE), (PenetrationQuestion, PENETRATION)]
)
def test_every_field_of_an_answer_sorts(question, figures):
    """Lists can be sorted by every field, in both directions."""
    for name in ("date", *figures.groups, *figures.fields, *figures.ratios):
        assert f"-{name}" == question(sort=f"-{name}").sort


@pytest.mark.parametrize("question", [HostQuestion, ReachQuestion, PenetrationQuestion])
def test_a_misspelt_filter_is_refused(question):
    """A misspelled filter is an error, because it would silently filter nothing."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        question(county="DE")


@pytest.mark.parametrize("text", ["--a", "a-", "c", "a,b", "a\n", ""])
def test_a_sort_key_is_one_field(text):
    """A sort key is one field with at most one hyphen before it."""
    assert not re.fullmatch(order("a", "b").replace("$", r"\Z"), text)
