"""
Answers of the API of 2022; test_golden.py compares their contents.
"""

from __future__ import annotations

from ipv6matrix.web.legacy.answers import nested
from ipv6matrix.web.legacy.questions import Question


def test_leaves_are_without_their_keys():
    """Answers are nested by date, then by domain; a search returns a plain list."""
    row = {"date": "d", "domain": "a.de", "n": 1}

    assert {"d": {"a.de": {"n": 1}}} == nested(Question(resource="domain"), [row])
    assert ["a.de"] == nested(Question(resource="search"), [row])
