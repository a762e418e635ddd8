"""
The results of a crawl as tables for a terminal.
"""

from __future__ import annotations

from rich.table import Table

from ipv6matrix.readiness.counts import LevelCounts
from ipv6matrix.readiness.levels import Level
from ipv6matrix.store.queries.summary import Summary


def table(figures: Summary, kinds: dict[str, tuple[int, int, int]]) -> Table:
    """Return the figures, and the domains of each state by kind of host, as a table."""
    page = Table(title=f"Crawl {figures.run}", show_header=False, title_justify="left")
    page.add_column(justify="left")
    page.add_column(justify="left")
    page.add_row("domains", f"{figures.domains:,}")
    page.add_row("hosts with an address", f"{figures.hosts:,}")
    for family, number in sorted(figures.addresses.items()):
        page.add_row(f"IPv{family} addresses", f"{number:,}")
    page.add_section()
    for kind in ("WWW", "MX", "NS", "NTP"):
        yes, no, unknown = kinds.get(kind, (0, 0, 0))
        page.add_row(f"domains with IPv6 on {kind}", _feature(yes + no, yes, unknown))
    page.add_section()
    for (port, family), (is_open, probed) in figures.ports.items():
        page.add_row(f"port {port} open over IPv{family}", _share(is_open, probed))
    page.add_section()
    for name, number in figures.probes.items():
        page.add_row(name, f"{number:,}")
    page.add_section()
    for name, number in figures.errors.items():
        page.add_row(name, f"{number:,}")
    page.add_section()
    page.add_row("seconds", "-" if figures.seconds is None else str(figures.seconds))
    return page


def levels(counts: LevelCounts) -> Table:
    """Return the number of domains of each level, in both readings, as a table."""
    title = f"Readiness, {counts.unknown:,} domains whose level is not known exactly"
    caption = f"Rules {counts.version}; basis: {', '.join(sorted(counts.basis))}"
    page = Table("level", "", "certain", "possible", title=title, caption=caption, title_justify="left")
    for level in Level:
        page.add_row(level.label, level.title, f"{counts.certain[level]:,}", f"{counts.possible[level]:,}")
    return page


def _feature(known: int, six: int, unknown: int) -> str:
    return _share(six, known) + (f", {unknown:,} unknown" if unknown else "")


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)" if whole else "none asked"
