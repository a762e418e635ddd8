"""
The resources of the API of 2022.
"""

from __future__ import annotations

from ipv6matrix.web.legacy.resources import DOMAIN_FIELDS, FIGURES


def test_what_is_unknown_has_no_field():
    """Resources have no field for unknown domains, because clients of 2022 expect none."""
    names = {name for figures in FIGURES.values() for name in figures.fields} | {field.name for field in DOMAIN_FIELDS}

    assert "unknown" not in names
