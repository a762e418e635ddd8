"""The forms of exports, by name."""

from __future__ import annotations

import pytest

from ipv6matrix.exporters.registry import NAMES, exporter


@pytest.mark.parametrize("name", NAMES)
def test_each_form_has_its_exporter(name):
    """
    Every name that a setting or a command may give is a module with an export function.
    """
    assert name == exporter(name).__module__.rpartition(".")[2]
