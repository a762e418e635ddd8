"""
Chapters that hold IPv4 and IPv6 of the same hosts against each other: round-trip times and hops.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ipv6matrix.exporters import charts
from ipv6matrix.exporters.chapters.chapter import Chapter, count, decimals, percent_of
from ipv6matrix.exporters.charts import Point, Segment
from ipv6matrix.exporters.findings import FAMILIES, Comparison, Findings, median

_QUICKER6: Final = "IPv6 quicker"
_QUICKER4: Final = "IPv4 quicker, or alike"
# Quarters of an octave, from an eighth to eight times; the outer columns hold all beyond.
_RATIOS: Final = [2 ** (step / 4) for step in range(-12, 13)]
_RATIO_TICKS: Final = {0.125: "1/8", 0.25: "1/4", 0.5: "1/2", 1: "1", 2: "2", 4: "4", 8: "8"}
_NEARER: Final = {"IPv6 nearer": charts.IPV6, "alike": charts.UNKNOWN, "IPv4 nearer": charts.IPV4}
# Hops; the outer columns hold all beyond.
_FAR: Final = 8
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def rtt_ratio(found: Findings) -> Chapter:
    title = "Round-trip time: IPv6 against IPv4"
    hosts = found.rtts.hosts
    if not hosts:
        return Chapter(name="rtt_ratio", title=title, explanation=_nothing(found, "ping"))
    columns = list(zip(_RATIOS, _RATIOS[1:], found.rtt_ratio.between(_RATIOS), strict=False))
    segments = [
        Segment(
            label="",
            state=_QUICKER6 if end <= 1 else _QUICKER4,
            start=start,
            end=end,
            hover=f"{_range(start, end)}: {number:,} of {hosts:,} hosts ({percent_of(number, hosts)})",
        )
        for start, end, number in columns
    ]
    return Chapter(
        name="rtt_ratio",
        title=title,
        explanation="Mean round-trip time over IPv6 divided by that over IPv4, for each host that answered Echo"
        f" Requests over both; each host counts once. {_winners(found.rtts, 'quicker')} The median ratio is"
        f" {decimals(found.rtt_ratio.median, 2)}.",
        head=("IPv6 / IPv4", "Hosts", "Share"),
        rows=[(_range(start, end), count(number), percent_of(number, hosts)) for start, end, number in columns],
        draw=lambda width: charts.histogram(
            segments,
            [100 * number / hosts for *_, number in columns],
            {_QUICKER6: charts.IPV6, _QUICKER4: charts.IPV4},
            titles=("round-trip time over IPv6 / over IPv4", "share of hosts"),
            ticks=_RATIO_TICKS,
            width=width,
            logarithmic=True,
        ),
    )


def _range(start: float, end: float) -> str:
    if start == _RATIOS[0]:
        return f"below {end:.2f}"
    return f"{start:.2f} and more" if end == _RATIOS[-1] else f"{start:.2f} to {end:.2f}"


def rtts(found: Findings) -> Chapter:
    title = "Round-trip time by family"
    if not found.rtts.hosts:
        return Chapter(name="rtts", title=title, explanation=_nothing(found, "ping"))
    points = list(_rtt_points(found))
    medians = _medians(found.rtt_ms[4].median, found.rtt_ms[6].median, "ms")
    return Chapter(
        name="rtts",
        title=title,
        explanation="How many of these hosts answer within a time, by their mean: the higher a line, the quicker the"
        f" family. {medians}",
        head=("Share of hosts", "IPv4, ms", "IPv6, ms"),
        rows=[
            (f"{100 * share:.0f} %", *(decimals(found.rtt_ms[family].quantile(share), 1) for family in FAMILIES))
            for share in _QUANTILES
        ],
        draw=lambda width: charts.lines(
            points,
            titles=("round-trip time, ms", "share of hosts within it"),
            ticks=_times(min(point.x for point in points), max(point.x for point in points)),
            width=width,
            limit=100,
            logarithmic=True,
        ),
    )


def _rtt_points(found: Findings) -> Iterator[Point]:
    for family in FAMILIES:
        for ms, share in found.rtt_ms[family].cumulative(step=8):
            hover = f"IPv{family}: {100 * share:.1f} % of {found.rtts.hosts:,} hosts within {decimals(ms, 1)} ms"
            yield Point(series=f"IPv{family}", x=ms, y=100 * share, hover=hover)


def _times(shortest_ms: float, longest_ms: float) -> dict[float, str]:
    """Choose ticks 1, 2, 5, 10 … that hold all times."""
    steps = [digit * 10.0**power for power in range(-4, 7) for digit in (1, 2, 5)]
    first = max(step for step in steps if step <= shortest_ms)
    last = min(step for step in steps if step >= longest_ms)
    inside = [step for step in steps if first <= step <= last]
    return {step: f"{step:g}" if len(inside) < _MANY or f"{step:g}".strip("0.") == "1" else "" for step in inside}


_MANY: Final = 8


def hops_difference(found: Findings) -> Chapter:
    title = "Hops: IPv6 against IPv4"
    hosts = found.paths.hosts
    if not hosts:
        return Chapter(name="hops_difference", title=title, explanation=_nothing(found, "path"))
    columns = {step: _within(found, step) for step in range(-_FAR, _FAR + 1)}
    segments = [
        Segment(
            label="",
            state=list(_NEARER)[(step > 0) - (step < 0) + 1],
            start=step - 0.5,
            end=step + 0.5,
            hover=f"{_steps(step)}: {number:,} of {hosts:,} hosts ({percent_of(number, hosts)})",
        )
        for step, number in columns.items()
    ]
    return Chapter(
        name="hops_difference",
        title=title,
        explanation="Hops to a host over IPv6 less those over IPv4, for each host that traces reached over both; each"
        f" host counts once. {_winners(found.paths, 'nearer')}",
        head=("IPv6 less IPv4", "Hosts", "Share"),
        rows=[(_steps(step), count(number), percent_of(number, hosts)) for step, number in columns.items()],
        draw=lambda width: charts.histogram(
            segments,
            [100 * number / hosts for number in columns.values()],
            _NEARER,
            titles=("hops over IPv6 less hops over IPv4", "share of hosts"),
            ticks={step: f"{step:+d}" if step else "0" for step in range(-_FAR, _FAR + 1, 2)},
            width=width,
        ),
    )


def _within(found: Findings, step: int) -> int:
    """Count the hosts of a column."""
    return sum(number for steps, number in found.hops_difference.items() if max(-_FAR, min(_FAR, steps)) == step)


def _steps(step: int) -> str:
    beyond = " and beyond" if abs(step) == _FAR else ""
    return f"{step:+d}{beyond}" if step else "0"


def hops(found: Findings) -> Chapter:
    title = "Hops by family"
    hosts = found.paths.hosts
    if not hosts:
        return Chapter(name="hops", title=title, explanation=_nothing(found, "path"))
    first = min(min(found.hops[family]) for family in FAMILIES) - 1
    last = max(max(found.hops[family]) for family in FAMILIES) + 1
    points = [
        Point(
            series=f"IPv{family}",
            x=number,
            y=100 * found.hops[family][number] / hosts,
            hover=f"IPv{family}, {number} hops: {found.hops[family][number]:,} of {hosts:,} hosts",
        )
        for family in FAMILIES
        for number in range(first, last + 1)
    ]
    return Chapter(
        name="hops",
        title=title,
        explanation="How many of these hosts are so many hops away."
        f" {_medians(median(found.hops[4]), median(found.hops[6]), 'hops')}",
        head=("Hops", "IPv4, hosts", "IPv6, hosts"),
        rows=[
            (str(number), *(count(found.hops[family][number]) for family in FAMILIES))
            for number in range(first + 1, last)
        ],
        draw=lambda width: charts.lines(
            points,
            titles=("hops", "share of hosts"),
            ticks={
                number: str(number) if (last - number) % _every(last - first) == 0 else ""
                for number in range(first, last + 1)
            },
            width=width,
        ),
    )


def _every(steps: int) -> int:
    return 1 if steps < 2 * _MANY else 2 if steps < 4 * _MANY else 5


def _nothing(found: Findings, metric: str) -> str:
    if not found.asked.has_metric(metric):
        return f"Not measured: the metric {metric} was not part of this crawl."
    did = {"ping": "answered Echo Requests", "path": "was reached by traces"}[metric]
    return f"Nothing to compare: of {found.dual_stack:,} hosts with addresses of both families, none {did} over both."


def _winners(comparison: Comparison, adjective: str) -> str:
    six, four, alike = (
        f"{number:,} ({percent_of(number, comparison.hosts)})"
        for number in (comparison.six, comparison.four, comparison.alike)
    )
    return f"Of {comparison.hosts:,} hosts, {six} are {adjective} over IPv6, {four} over IPv4, and {alike} are alike."


def _medians(four: float | None, six: float | None, unit: str) -> str:
    return f"The medians are {decimals(four, 1)} {unit} over IPv4 and {decimals(six, 1)} {unit} over IPv6."
