"""Fixtures that several modules share."""

from __future__ import annotations

import pytest

from ipv6matrix.extensions import preflight as module


@pytest.fixture
def near(monkeypatch):
    """Loopback stands for the far end of the Internet, and all tools are installed."""
    monkeypatch.setattr(module, "_FAR", {4: "127.0.0.1", 6: "::1"})
    monkeypatch.setattr(module, "ping_permission", lambda: None)
    monkeypatch.setattr(module, "mtr_missing", lambda: None)
