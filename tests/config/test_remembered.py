"""The remembered contact."""

from __future__ import annotations

from pathlib import Path

from ipv6matrix.config import remembered


def test_a_contact_is_remembered(tmp_path, monkeypatch):
    """A contact is kept in a file of the user; without one, there is none."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "new"))
    before = remembered.contact()

    remembered.remember("you@example.org")

    assert ("", "you@example.org") == (before, remembered.contact())


def test_the_file_is_in_the_home_of_the_user(monkeypatch):
    """Without XDG_CONFIG_HOME, or with an empty one, files are in .config."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "")

    assert Path.home() / ".config/ipv6matrix/contact" == remembered.path()
