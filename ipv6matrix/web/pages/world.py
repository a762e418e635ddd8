"""
The map of the world as SVG: a link for each country, hatched if it has no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape
from itertools import pairwise
from typing import Any, Final

from ipv6matrix.charts.drawing import GRID, text
from ipv6matrix.web.pages.places import name_of, outlines

# From light to dark, even in lightness (after Cividis): readable without telling red from green.
SCALE: Final = ("#fdea9b", "#d9d08a", "#a9b56f", "#6f9a76", "#3f7d80", "#2a5f86", "#1c3c78")
_STEPS: Final = {
    "share": (0.05, 0.1, 0.2, 0.3, 0.5, 0.75),
    "ratio": (0.8, 0.9, 0.98, 1.02, 1.1, 1.25),
}
SIZE: Final = (1000.0, 440.0)
Value = tuple[float | None, str]
"The figure that colours a country, if there is one, and its text."
_NO_FIGURE: Final[Value] = (None, "")
_RADIUS: Final = 3.4
HATCH: Final = (
    '<rect width="4" height="4" class="empty" fill="#eef1f4"/>'
    '<path d="M0 0V4" class="hatch" stroke="#b6bfc9" stroke-width="1.4"/>'
)


def draw(
    title: str, unit: str, values: Mapping[str, Value], link: Callable[[str], str], chosen: str | None = None
) -> str:
    """Draw a value for each country; `link` gives the address of a country, `chosen` the one to zoom in on."""
    left, upper, width = _box(chosen)
    radius = _RADIUS * max(width / 1000, 0.15)
    shapes = "".join(
        _country(code, shape, unit, values.get(code, _NO_FIGURE), link, chosen, radius) for code, shape in _ordered()
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg"'
        f' viewBox="{left:.1f} {upper:.1f} {width:.1f} {width * 0.44:.1f}" class="map" role="group"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title><defs><pattern id="none" width="4" height="4"'
        f' patternUnits="userSpaceOnUse" patternTransform="rotate(45) scale({width / 1000:.3f})">'
        f"{HATCH}</pattern></defs>"
        f"{shapes}</svg>"
    )


def legend(unit: str) -> list[tuple[int, str]]:
    """Return the classes of a unit with what they mean, the lowest first."""
    texts = [_bound(unit, step) for step in _STEPS[unit]]
    middle = [f"{low} to {high}" for low, high in pairwise(texts)]
    return list(enumerate([f"below {texts[0]}", *middle, f"{texts[-1]} or more"]))


def keys(unit: str) -> str:
    """Draw the legend, for a picture that is taken away."""
    entries = [*((SCALE[number], words) for number, words in legend(unit)), ("url(#none)", "no figure")]
    return "".join(
        f'<g transform="translate({126 * number} 0)"><rect width="20" height="13" fill="{fill}" stroke="{GRID}"/>'
        f"{text(26, 11, words, 'ink', size=12)}</g>"
        for number, (fill, words) in enumerate(entries)
    )


def step(unit: str, value: float) -> int:
    """Return the class of a value."""
    return sum(value >= bound for bound in _STEPS[unit])


def _bound(unit: str, value: float) -> str:
    return f"{value * 100:g} %" if unit == "share" else f"{value:g}"


def _ordered() -> Iterator[tuple[str, Mapping[str, Any]]]:
    # Circles are drawn last, so that no neighbour covers them.
    yield from sorted(outlines().items(), key=lambda item: ("box" not in item[1], item[0]))


def _country(
    code: str,
    shape: Mapping[str, Any],
    unit: str,
    of_country: Value,
    link: Callable[[str], str],
    chosen: str | None,
    radius: float,
) -> str:
    value, words = of_country
    fill = "url(#none)" if value is None else SCALE[step(unit, value)]
    kind = "none" if value is None else f"q{step(unit, value)}"
    mark = " chosen" if code == chosen else ""
    text = f"{name_of(code)}: {'no figure' if value is None else words}"
    path = f'<path d="{shape["path"]}"/>' if "path" in shape else ""
    if "box" not in shape:
        at = f'cx="{shape["x"]}" cy="{shape["y"]}"'
        # Small countries have a larger area to click.
        around = "" if value is None else f'<circle {at} r="{radius * 2.4:.2f}" fill="none" stroke="none" class="hit"/>'
        path += f'<circle {at} r="{radius:.2f}"/>{around}'
    drawn = (
        f'<g class="land {kind}{mark}" fill="{fill}" stroke="#fff" stroke-width=".5">'
        f"<title>{escape(text)}</title>{path}</g>"
    )
    if value is None and code != chosen:
        # Hundreds of links without a figure would be in the way of keyboard users.
        return drawn
    return f'<a href="{escape(link(code))}" aria-label="{escape(text)}">{drawn}</a>'


def _box(chosen: str | None) -> tuple[float, float, float]:
    """Return the left and upper edge of what is shown, and its width."""
    shape = outlines().get(chosen or "")
    if shape is None:
        return 0, 0, 1000
    left, top, right, bottom = shape.get("box", (shape["x"] - 6, shape["y"] - 3, shape["x"] + 6, shape["y"] + 3))
    width = min(1000, max(right - left, (bottom - top) / 0.44) * 1.6 + 40)
    x = min(max((left + right - width) / 2, 0), 1000 - width)
    y = min(max((top + bottom - width * 0.44) / 2, 0), 440 - width * 0.44)
    return x, y, width
