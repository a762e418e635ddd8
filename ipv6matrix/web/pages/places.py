"""
Countries: their names, and their outlines on the map of the world.

`web/data/world.json` holds Natural Earth outlines (public domain), from the npm
package world-atlas, projected by `tests/web/pages/outlines.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale

UNKNOWN: Final = "ZZ"

_WORLD: Final = Path(__file__).parents[1] / "data/world.json"


@cache
def outlines() -> Mapping[str, Mapping[str, Any]]:
    """
    Return, by code, `x` and `y` of a country's centre, its `path`, and its `box` if it is large enough to click.

    Units are those of a picture 1,000 wide and 440 high.
    """
    shapes: dict[str, dict[str, Any]] = json.loads(_WORLD.read_text("utf-8"))
    return shapes


@cache
def _names() -> Mapping[str, str]:
    return {**Locale("en").territories, UNKNOWN: "Unknown country", "XK": "Kosovo"}


def name_of(code: str) -> str:
    """Return the English name of a country; a code that has none stands for itself."""
    return _names().get(code, code)


def is_country(code: str) -> bool:
    """Check whether a code is that of a country."""
    return len(code) == 2 and code in _names()
