"""
Charts of one domain: its hosts by kind, their open ports, round-trip times and hops, crawl by crawl.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from ipv6matrix.charts import columns
from ipv6matrix.charts import lines as line_charts
from ipv6matrix.charts.drawing import Line

Crawl = Mapping[str, Any]

_KINDS: Final = {"www": "Web", "mx": "Mail", "ns": "Name servers", "ntp": "Time"}
_PORTS: Final = {"http": "HTTP", "https": "HTTPS", "smtp": "SMTP"}
NAMES: Final = (*_KINDS, "open", "ratio")


def drawings(name: str, crawls: Sequence[Crawl]) -> dict[str, tuple[str, Markup]]:
    """Return title and chart by name; those without any value are left out."""
    return {key: (title, Markup(svg)) for key, title, svg in _drawn(name, crawls[::-1])}  # noqa: S704 - escaped there


def _drawn(name: str, crawls: Sequence[Crawl]) -> Iterator[tuple[str, str, str]]:
    dates = [crawl["date"] for crawl in crawls]
    for kind, title in _KINDS.items():
        if any(crawl[f"{kind}_hosts"] for crawl in crawls):
            yield kind, f"{title}: hosts", _hosts(f"{title} hosts of {name}", kind, crawls, dates)
    lines = [
        Line(f"{title}, IPv{family}", tuple((crawl["date"], crawl[f"{port}_ipv{family}_open"]) for crawl in crawls))
        for port, title in _PORTS.items()
        for family in (4, 6)
    ]
    yield (
        "open",
        "Hosts with an open port",
        line_charts.over_time(f"Open ports of {name}", "count", lines, dates, dates[-1]),
    )
    ratios = [
        Line(title, tuple((crawl["date"], crawl[key]) for crawl in crawls if crawl[key] is not None))
        for key, title in (("ping_ratio", "Round-trip time, IPv6 / IPv4"), ("path_ratio", "Hops, IPv6 / IPv4"))
    ]
    if any(line.points for line in ratios):
        title = "Round-trip times and hops, IPv6 / IPv4"
        yield "ratio", title, line_charts.over_time(f"{title}, of {name}", "ratio", ratios, dates, dates[-1])


def _hosts(title: str, kind: str, crawls: Sequence[Crawl], dates: Sequence[dt.date]) -> str:
    with_ipv6 = Line("With IPv6", tuple((crawl["date"], crawl[f"{kind}_with_ipv6"]) for crawl in crawls))
    others = Line(
        "No IPv6 found",
        tuple((crawl["date"], crawl[f"{kind}_hosts"] - crawl[f"{kind}_with_ipv6"]) for crawl in crawls),
    )
    return columns.stack(title, "count", [others, with_ipv6], dates, dates[-1])
