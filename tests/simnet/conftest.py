"""The truth about the running scenario, and its addresses."""

from __future__ import annotations

import pytest

from simnet.internet import Internet
from simnet.topology import FAMILIES
from simnet.truth import Truth


@pytest.fixture(scope="module")
def truth(internet: Internet) -> Truth:
    return Truth(internet.scenario)


@pytest.fixture(scope="module")
def addresses(internet: Internet) -> list[str]:
    """One address of every block and family."""
    return [block.address(family, 150) for block in internet.scenario.table for family in FAMILIES]
