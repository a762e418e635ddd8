"""
Resources with sums.
"""

from __future__ import annotations

import pytest

from ipv6matrix.web.v1.models import HostFigures, PenetrationFigures, ReachFigures, ServiceFigures
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE, SERVICES


@pytest.mark.parametrize(
    ("figures", "model"),
    [
        (HOSTS, HostFigures),
        (REACHABLE, ReachFigures),
        (PENETRATION, PenetrationFigures),
        (SERVICES, ServiceFigures),
    ],
)
def test_the_document_has_all_fields(figures, model):
    """The OpenAPI document has exactly the fields of the answers."""
    assert {"date", *figures.groups, *figures.fields, *figures.ratios} == set(model.model_fields)


@pytest.mark.parametrize("figures", [HOSTS, REACHABLE, PENETRATION])
def test_what_is_not_known_is_counted_apart(figures):
    """Unknown values are counted separately in every answer."""
    assert "unknown" in figures.fields
