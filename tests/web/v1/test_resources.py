"""What can be summed."""

from __future__ import annotations

import pytest

from ipv6matrix.web.v1.models import HostFigures, PenetrationFigures, ReachFigures
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE


@pytest.mark.parametrize(
    ("figures", "model"), [(HOSTS, HostFigures), (REACHABLE, ReachFigures), (PENETRATION, PenetrationFigures)]
)
def test_the_document_has_all_fields(figures, model):
    """
    And no others.
    """
    assert {"date", *figures.groups, *figures.fields, *figures.ratios} == set(model.model_fields)


@pytest.mark.parametrize("figures", [HOSTS, REACHABLE, PENETRATION])
def test_what_is_not_known_is_counted_apart(figures):
    """
    In every answer.
    """
    assert "unknown" in figures.fields
