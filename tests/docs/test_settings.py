"""docs/settings.md has every setting as it is, and commands set existing ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from scrapy.settings import BaseSettings, default_settings

from ipv6matrix import settings
from ipv6matrix.config import checks
from tests.docs.texts import NAMES, read, rows


def test_settings_are_documented() -> None:
    """docs/settings.md has every setting of this project, with its default and its range."""
    assert [] == setting_complaints(read("docs/settings.md"), _defaults())


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("| `PING_COUNT` | `5` |", "| `PING_COUNT` | `6` |", "PING_COUNT: the default is 5, not 6"),
        ("| `PING_COUNT` |", "| `PING_NUMBER` |", "PING_NUMBER: no such setting"),
        ("| `PING_COUNT` |", "| PING_COUNT |", "PING_COUNT: not documented"),
        (
            "| 1 to 100 Echo Requests |",
            "| 1 to 99 Echo Requests |",
            "PING_COUNT: 100 and 1 to 99 Echo Requests disagree",
        ),
    ],
)
def test_a_wrong_setting_is_found(old: str, new: str, complaint: str) -> None:
    """A wrong default, range or name is reported."""
    text = read("docs/settings.md")
    assert old in text

    assert complaint in setting_complaints(text.replace(old, new), _defaults())


@pytest.mark.parametrize("name", NAMES)
def test_commands_set_existing_settings(name: str) -> None:
    """Every -s NAME= of a document is a setting of this project or of Scrapy."""
    assert [] == unknown_options(read(name))


def test_an_unknown_setting_is_found() -> None:
    """A command that sets an unknown setting is reported."""
    assert ["PING_NUMBER"] == unknown_options("scrapy crawl matrix -s PING_NUMBER=3 -s PING_COUNT=3 -s LOG_FILE=x")


def setting_complaints(text: str, defaults: Mapping[str, Any]) -> list[str]:
    """Compare rows `NAME`, default, range … with the real settings."""
    documented = {cells[0].strip("`"): cells for cells in rows(text) if re.fullmatch(r"`[A-Z][A-Z0-9_]+`", cells[0])}
    complaints = [f"{name}: no such setting" for name in documented if name not in defaults]
    complaints += [f"{name}: not documented" for name in defaults if name not in documented]
    for name in set(documented) & set(defaults):
        default, described = str(defaults[name]), documented[name][1].strip("`")
        if described != (default or "empty"):
            complaints.append(f"{name}: the default is {default}, not {described}")
        complaints += _range_complaints(name, documented[name][2])
    return complaints


def _range_complaints(name: str, described: str) -> list[str]:
    limits = re.match(r"([\d.,]+) to ([\d.,]+) ", described)
    if not limits:
        return []
    low, high = (float(limit.replace(",", "")) for limit in limits.groups())
    step = 1 if name in _WHOLE else low / 10 + 0.01
    expected = {low: True, high: True, low - step: False, high + step: False}
    wrong = [value for value, right in expected.items() if _is_accepted(name, value) is not right]
    return [f"{name}: {value:g} and {described} disagree" for value in wrong]


_WHOLE = {name for name in checks.CHECKS if isinstance(getattr(settings, name), int)}


def _is_accepted(name: str, value: float) -> bool:
    text = str(int(value)) if name in _WHOLE else str(value)
    return checks.CHECKS[name](BaseSettings({name: text}), name) is None


# Any setting, and the example of a misspelt one.
STAND_INS = {"NAME", "PING_CUONT"}


def unknown_options(text: str) -> list[str]:
    """Return the names after -s that are not settings."""
    return [
        name
        for name in re.findall(r"-s ([A-Z]\w*)=(?!VALUE)", text)
        if name not in STAND_INS and not hasattr(settings, name) and not hasattr(default_settings, name)
    ]


def _defaults() -> dict[str, Any]:
    return {name: getattr(settings, name) for name in checks.CHECKS}
