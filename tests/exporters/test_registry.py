"""Export formats by name."""

from __future__ import annotations

import pytest

from ipv6matrix.exporters.registry import NAMES, exporter


@pytest.mark.parametrize("name", NAMES)
def test_each_format_has_its_exporter(name):
    """Every name that a setting or a command accepts is a module with an export function."""
    assert name == exporter(name).__module__.rpartition(".")[2]
