"""
Makes ipv6matrix/web/data/world.json of the Natural Earth outlines in the npm package world-atlas.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    .venv/bin/python -m tests.web.pages.outlines package/countries-50m.json ipv6matrix/web/data/world.json

Borders that two countries share are simplified once, so no gap opens between
them. The projection is Equal Earth (Šavrič, Patterson and Jenny, 2018): equal
areas, for a colour must not weigh more because a country lies far north.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from babel.core import get_global

Point = tuple[float, float]
Ring = list[Point]

WIDTH = 1000
# Units of the picture: what a border may be off by, and the area of an island that is left out.
TOLERANCE = 0.3
SMALLEST = 0.35
# A country whose outline is smaller than this gets a circle that can be hit.
CIRCLED = 14.0
# Northern Somalia and Northern Cyprus have no codes of their own; nobody lives in Antarctica or on the glacier.
CODES = {"Kosovo": "XK", "Somaliland": "SO", "N. Cyprus": "CY", "Indian Ocean Ter.": "AU"}
LEFT_OUT = {"AQ", None}
# Places with a code that the outlines hold as a part of another country, or not at all: longitude, latitude.
PLACES = {
    "BQ": (-68.3, 12.2),
    "CC": (96.8, -12.2),
    "CX": (105.6, -10.5),
    "GF": (-53.1, 4.0),
    "GI": (-5.35, 36.14),
    "GP": (-61.5, 16.2),
    "MQ": (-61.0, 14.6),
    "RE": (55.5, -21.1),
    "SJ": (15.6, 78.2),
    "TK": (-171.8, -9.2),
    "TV": (179.2, -8.5),
    "UM": (-176.6, 0.2),
    "YT": (45.2, -12.8),
}


def main(source: str, target: str) -> None:
    """Write the outlines of all countries, one per line."""
    topology = json.loads(Path(source).read_text("utf-8"))
    arcs = [_decoded(arc, topology["transform"]) for arc in topology["arcs"]]
    rings = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = _code(geometry)
        if code not in LEFT_OUT:
            rings.setdefault(code, []).extend(_rings(geometry, arcs))
    countries = {code: _country(shapes) for code, shapes in rings.items()}
    for code, place in PLACES.items():
        countries.setdefault(code, {"x": _rounded(_projected(place))[0], "y": _rounded(_projected(place))[1]})
    _write(Path(target), countries)


def _code(geometry: dict) -> str | None:
    name = geometry["properties"]["name"]
    alias = get_global("territory_aliases").get(geometry.get("id", ""), [None])[0]
    return CODES.get(name, alias)


def _decoded(arc: list, transform: dict) -> Ring:
    (scale_x, scale_y), (left, bottom) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append((x * scale_x + left, y * scale_y + bottom))
    return points


def _rings(geometry: dict, arcs: Sequence[Ring]) -> Iterator[Ring]:
    polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    for polygon in polygons:
        # Holes are other countries, which are drawn on their own, and lakes.
        yield _joined(polygon[0], arcs)


def _joined(numbers: Sequence[int], arcs: Sequence[Ring]) -> Ring:
    ring: Ring = []
    for number in numbers:
        arc = simplified(arcs[~number])[::-1] if number < 0 else simplified(arcs[number])
        ring.extend(arc[1:] if ring else arc)
    return ring


def simplified(points: Ring) -> Ring:
    """Remove points that are close to the line (Ramer, Douglas and Peucker), independent of the direction."""
    if len(points) < 3:
        return points
    flat = [_projected(point) for point in points]
    if points[0] == points[-1]:
        # A closed line has no direction: it is cut where it is farthest from its start.
        middle = max(range(len(flat)), key=lambda at: math.dist(flat[0], flat[at]))
        return simplified(points[: middle + 1])[:-1] + simplified(points[middle:])
    indexes = {0, len(points) - 1}
    waiting = [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        off, at = max((_distance(flat[at], flat[first], flat[last]), at) for at in range(first + 1, last))
        if off > TOLERANCE:
            indexes.add(at)
            waiting += [(first, at), (at, last)]
    return [points[at] for at in sorted(indexes)]


def _distance(point: Point, start: Point, end: Point) -> float:
    length = math.dist(start, end)
    if not length:
        return math.dist(point, start)
    return abs((end[0] - start[0]) * (start[1] - point[1]) - (start[0] - point[0]) * (end[1] - start[1])) / length


def _projected(point: Point) -> Point:
    """Project longitude and latitude with Equal Earth to a picture 1,000 units wide."""
    longitude, latitude = map(math.radians, point)
    angle = math.asin(math.sqrt(3) / 2 * math.sin(latitude))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    square, sixth = angle**2, angle**6
    slope = 9 * a4 * sixth * square + 7 * a3 * sixth + 3 * a2 * square + a1
    x = 2 * math.sqrt(3) * longitude * math.cos(angle) / (3 * slope)
    y = angle * (a1 + a2 * square + sixth * (a3 + a4 * square))
    scale = WIDTH / 2 / 2.7066
    return WIDTH / 2 + x * scale, 248 - y * scale


def _country(rings: Sequence[Ring]) -> dict:
    pieces = [piece for ring in rings for piece in _cut(ring)]
    shapes = sorted(([_projected(point) for point in piece] for piece in pieces), key=_area, reverse=True)
    areas = [_area(shape) for shape in shapes]
    large = [shape for shape, area in zip(shapes, areas, strict=True) if area >= SMALLEST]
    outline = {"path": "".join(map(_path, large))} if large else {}
    x, y = _rounded(_middle(shapes[0]))
    outline |= {"x": x, "y": y}
    if sum(areas) >= CIRCLED:
        points = [point for shape, area in zip(shapes, areas, strict=True) if area >= areas[0] / 5 for point in shape]
        outline["box"] = [round(edge(point[axis] for point in points)) for edge in (min, max) for axis in (0, 1)]
    return outline


def _cut(ring: Ring) -> Iterator[Ring]:
    """Cut a ring where it crosses the antimeridian."""
    unrolled = [ring[0]]
    for longitude, latitude in ring[1:]:
        turns = round((unrolled[-1][0] - longitude) / 360)
        unrolled.append((longitude + 360 * turns, latitude))
    for turn in (-360, 0, 360):
        piece = [(longitude + turn, latitude) for longitude, latitude in unrolled]
        for sign in (1, -1):
            piece = _clipped(piece, sign)
        if len(piece) > 2:
            yield piece


def _clipped(ring: Ring, sign: int) -> Ring:
    """Keep what lies on one side of the antimeridian (Sutherland and Hodgman)."""
    clipped: Ring = []
    for start, end in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        inside, follows = start[0] * sign <= 180, end[0] * sign <= 180
        if inside:
            clipped.append(start)
        if inside != follows:
            part = (180 * sign - start[0]) / (end[0] - start[0])
            clipped.append((180 * sign, start[1] + part * (end[1] - start[1])))
    return clipped


def _area(points: Ring) -> float:
    return abs(_signed(points))


def _signed(points: Ring) -> float:
    pairs = zip(points, [*points[1:], *points[:1]], strict=True)
    return sum(start[0] * end[1] - end[0] * start[1] for start, end in pairs) / 2


def _middle(points: Ring) -> Point:
    area = _signed(points)
    if not area:
        return points[0]
    x = y = 0.0
    for start, end in zip(points, [*points[1:], *points[:1]], strict=True):
        cross = start[0] * end[1] - end[0] * start[1]
        x, y = x + (start[0] + end[0]) * cross, y + (start[1] + end[1]) * cross
    return x / 6 / area, y / 6 / area


def _rounded(point: Point) -> tuple[float, float]:
    return round(point[0], 1), round(point[1], 1)


def _path(points: Ring) -> str:
    """Write a closed path with relative lines, in tenths."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    text = f"M{_tenths(tenths[0][0])} {_tenths(tenths[0][1])}l"
    steps = [(x - u, y - v) for (u, v), (x, y) in pairwise(tenths) if (x, y) != (u, v)]
    return text + " ".join(f"{_tenths(x)} {_tenths(y)}" for x, y in steps).replace(" -", "-") + "z"


def _tenths(number: int) -> str:
    text = f"{number / 10:g}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _write(target: Path, countries: dict) -> None:
    lines = [f"{json.dumps(code)}:{json.dumps(countries[code], separators=(',', ':'))}" for code in sorted(countries)]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
