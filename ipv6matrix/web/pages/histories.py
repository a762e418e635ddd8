"""
Charts of one domain: its readiness, its hosts by kind, their open ports, round-trip times and hops, crawl by crawl.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from ipv6matrix.charts import columns
from ipv6matrix.charts import lines as line_charts
from ipv6matrix.charts.drawing import Line
from ipv6matrix.readiness.levels import Level

Crawl = Mapping[str, Any]

_KINDS: Final = {"www": "Web", "mx": "Mail", "ns": "Name servers", "ntp": "Time"}
_PORTS: Final = {"http": "HTTP", "https": "HTTPS", "smtp": "SMTP"}
NAMES: Final = ("level", *_KINDS, "open", "ratio")
Drawn = tuple[str, str, str, Sequence[dt.date]]
"Name, title, SVG, and the dates of the crawls in it."


def drawings(
    name: str, crawls: Sequence[Crawl], ready: Mapping[str, Any] | None = None
) -> dict[str, tuple[str, Markup, Sequence[dt.date]]]:
    """Return title, chart and dates by name, also of the readiness; those without any value are left out."""
    drawn = [*_levels(name, ready), *(_drawn(name, crawls[::-1]) if crawls else ())]
    return {key: (title, Markup(svg), dates) for key, title, svg, dates in drawn}  # noqa: S704 - escaped there


def _levels(name: str, ready: Mapping[str, Any] | None) -> Iterator[Drawn]:
    """Yield the chart of levels, if there are two crawls to compare."""
    history = [crawl for crawl in ready["history"] if crawl["comparable"]] if ready else []
    dates = [crawl["date"] for crawl in history]
    if len(dates) > 1:
        lower, upper = (
            tuple((crawl["date"], float(Level.parse(crawl[reading]))) for crawl in history)
            for reading in ("certain", "possible")
        )
        line = Line("Level, from certain to possible", lower, upper=upper)
        svg = line_charts.over_time(f"Readiness of {name}", "level", [line], dates, dates[-1])
        yield "level", "Readiness over time", svg, dates


def _drawn(name: str, crawls: Sequence[Crawl]) -> Iterator[Drawn]:
    dates = [crawl["date"] for crawl in crawls]
    for kind, title in _KINDS.items():
        if any(crawl[f"{kind}_hosts"] for crawl in crawls):
            yield kind, f"{title}: hosts", _hosts(f"{title} hosts of {name}", kind, crawls, dates), dates
    lines = [
        Line(f"{title}, IPv{family}", tuple((crawl["date"], crawl[f"{port}_ipv{family}_open"]) for crawl in crawls))
        for port, title in _PORTS.items()
        for family in (4, 6)
    ]
    yield (
        "open",
        "Hosts with an open port",
        line_charts.over_time(f"Open ports of {name}", "count", lines, dates, dates[-1]),
        dates,
    )
    ratios = [
        Line(title, tuple((crawl["date"], crawl[key]) for crawl in crawls if crawl[key] is not None))
        for key, title in (("ping_ratio", "Round-trip time, IPv6 / IPv4"), ("path_ratio", "Hops, IPv6 / IPv4"))
    ]
    if any(line.points for line in ratios):
        title = "Round-trip times and hops, IPv6 / IPv4"
        yield "ratio", title, line_charts.over_time(f"{title}, of {name}", "ratio", ratios, dates, dates[-1]), dates


def _hosts(title: str, kind: str, crawls: Sequence[Crawl], dates: Sequence[dt.date]) -> str:
    with_ipv6 = Line("With IPv6", tuple((crawl["date"], crawl[f"{kind}_with_ipv6"]) for crawl in crawls))
    others = Line(
        "No IPv6 found",
        tuple((crawl["date"], crawl[f"{kind}_hosts"] - crawl[f"{kind}_with_ipv6"]) for crawl in crawls),
    )
    return columns.stack(title, "count", [others, with_ipv6], dates, dates[-1])
