"""
Chapters that compare IPv4 and IPv6 of the same hosts: round-trip times and hops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ipv6matrix.charts import lines
from ipv6matrix.charts.axes import Axes, top_of
from ipv6matrix.charts.columns import Column, histogram
from ipv6matrix.charts.drawing import IPV4, IPV6, LINE4, LINE6, UNKNOWN, Line
from ipv6matrix.exporters.chapters.chapter import Chapter, count, decimals, percent_of
from ipv6matrix.exporters.findings import FAMILIES, Comparison, Findings, median

_QUICKER6: Final = "IPv6 quicker"
_QUICKER4: Final = "IPv4 quicker, or equal"
# Quarters of an octave, from an eighth to eight times; the outer columns include everything beyond.
_RATIOS: Final = [2 ** (step / 4) for step in range(-12, 13)]
_RATIO_TICKS: Final = {0.125: "1/8", 0.25: "1/4", 0.5: "1/2", 1: "1", 2: "2", 4: "4", 8: "8"}
_NEARER: Final = {"IPv6 nearer": IPV6, "equal": UNKNOWN, "IPv4 nearer": IPV4}
# Hops; the outer columns include everything beyond.
_FAR: Final = 8
_SHARE: Final = "share of hosts"
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def rtt_ratio(findings: Findings) -> Chapter:
    title = "Round-trip time: IPv6 against IPv4"
    hosts = findings.rtts.hosts
    if not hosts:
        return Chapter(name="rtt_ratio", title=title, explanation=_nothing(findings, "ping"))
    columns = list(zip(_RATIOS, _RATIOS[1:], findings.rtt_ratio.between(_RATIOS), strict=False))
    drawn = [
        Column(start, end, number / hosts, IPV6 if end <= 1 else IPV4, _hosts(_range(start, end), number, hosts))
        for start, end, number in columns
    ]
    axes = Axes(
        unit="share",
        top=top_of("share", [column.value for column in drawn]),
        span=(_RATIOS[0], _RATIOS[-1]),
        ticks=_RATIO_TICKS,
        titles=("round-trip time over IPv6 / over IPv4", _SHARE),
        is_logarithmic=True,
    )
    return Chapter(
        name="rtt_ratio",
        title=title,
        explanation="Mean round-trip time over IPv6 divided by that over IPv4, for each host that answered Echo"
        f" Requests over both; each host counts once. {_winners(findings.rtts, 'quicker')} The median ratio is"
        f" {decimals(findings.rtt_ratio.median, 2)}.",
        head=("IPv6 / IPv4", "Hosts", "Share"),
        rows=[(_range(start, end), count(number), percent_of(number, hosts)) for start, end, number in columns],
        svg=histogram(title, drawn, axes, {_QUICKER6: IPV6, _QUICKER4: IPV4}),
    )


def _hosts(label: str, number: int, hosts: int) -> str:
    return f"{label}: {number:,} of {hosts:,} hosts ({percent_of(number, hosts)})"


def _range(start: float, end: float) -> str:
    if start == _RATIOS[0]:
        return f"below {end:.2f}"
    return f"{start:.2f} and more" if end == _RATIOS[-1] else f"{start:.2f} to {end:.2f}"


def rtts(findings: Findings) -> Chapter:
    title = "Round-trip time by family"
    if not findings.rtts.hosts:
        return Chapter(name="rtts", title=title, explanation=_nothing(findings, "ping"))
    drawn = {family: tuple(findings.rtt_ms[family].cumulative(step=8)) for family in FAMILIES}
    times = [ms for points in drawn.values() for ms, _ in points]
    ticks = _times(min(times), max(times))
    axes = Axes(
        unit="share",
        top=1,
        span=(min(ticks), max(ticks)),
        ticks=ticks,
        titles=("round-trip time, ms", "share of hosts within it"),
        is_logarithmic=True,
    )
    medians = _medians(findings.rtt_ms[4].median, findings.rtt_ms[6].median, "ms")
    return Chapter(
        name="rtts",
        title=title,
        explanation="How many of these hosts answer within a time, by their mean: the higher a line, the quicker the"
        f" family. {medians}",
        head=("Share of hosts", "IPv4, ms", "IPv6, ms"),
        rows=[
            (f"{100 * share:.0f} %", *(decimals(findings.rtt_ms[family].quantile(share), 1) for family in FAMILIES))
            for share in _QUANTILES
        ],
        svg=lines.draw(title, _families(drawn), axes, sorted({*times}), "ms"),
    )


def _families(points: Mapping[int, tuple[tuple[float, float], ...]]) -> list[Line]:
    return [Line("IPv4", points[4], LINE4), Line("IPv6", points[6], LINE6)]


def _times(shortest_ms: float, longest_ms: float) -> dict[float, str]:
    """Choose ticks 1, 2, 5, 10 … that include all times."""
    steps = [digit * 10.0**power for power in range(-4, 7) for digit in (1, 2, 5)]
    first = max(step for step in steps if step <= shortest_ms)
    last = min(step for step in steps if step >= longest_ms)
    inside = [step for step in steps if first <= step <= last]
    return {step: f"{step:g}" if len(inside) < _MANY or f"{step:g}".strip("0.") == "1" else "" for step in inside}


_MANY: Final = 8


def hops_difference(findings: Findings) -> Chapter:
    title = "Hops: IPv6 against IPv4"
    hosts = findings.paths.hosts
    if not hosts:
        return Chapter(name="hops_difference", title=title, explanation=_nothing(findings, "path"))
    columns = {step: _within(findings, step) for step in range(-_FAR, _FAR + 1)}
    looks = list(_NEARER.values())
    drawn = [
        Column(
            step - 0.5,
            step + 0.5,
            number / hosts,
            looks[(step > 0) - (step < 0) + 1],
            _hosts(_steps(step), number, hosts),
        )
        for step, number in columns.items()
    ]
    axes = Axes(
        unit="share",
        top=top_of("share", [column.value for column in drawn]),
        span=(-_FAR - 0.5, _FAR + 0.5),
        ticks={step: f"{step:+d}" if step else "0" for step in range(-_FAR, _FAR + 1, 2)},
        titles=("hops over IPv6 less hops over IPv4", _SHARE),
    )
    return Chapter(
        name="hops_difference",
        title=title,
        explanation="Hops to a host over IPv6 less those over IPv4, for each host that traces reached over both; each"
        f" host counts once. {_winners(findings.paths, 'nearer')}",
        head=("IPv6 less IPv4", "Hosts", "Share"),
        rows=[(_steps(step), count(number), percent_of(number, hosts)) for step, number in columns.items()],
        svg=histogram(title, drawn, axes, _NEARER),
    )


def _within(findings: Findings, step: int) -> int:
    """Count the hosts of a column."""
    return sum(number for steps, number in findings.hops_difference.items() if max(-_FAR, min(_FAR, steps)) == step)


def _steps(step: int) -> str:
    beyond = " and beyond" if abs(step) == _FAR else ""
    return f"{step:+d}{beyond}" if step else "0"


def hops(findings: Findings) -> Chapter:
    title = "Hops by family"
    hosts = findings.paths.hosts
    if not hosts:
        return Chapter(name="hops", title=title, explanation=_nothing(findings, "path"))
    first = min(min(findings.hops[family]) for family in FAMILIES) - 1
    last = max(max(findings.hops[family]) for family in FAMILIES) + 1
    steps = range(first, last + 1)
    points = {family: tuple((step, findings.hops[family][step] / hosts) for step in steps) for family in FAMILIES}
    axes = Axes(
        unit="share",
        top=top_of("share", [share for family in FAMILIES for _, share in points[family]]),
        span=(first, last),
        ticks={step: str(step) for step in steps if (last - step) % _every(last - first) == 0},
        titles=("hops", _SHARE),
    )
    return Chapter(
        name="hops",
        title=title,
        explanation="How many of these hosts are so many hops away."
        f" {_medians(median(findings.hops[4]), median(findings.hops[6]), 'hops')}",
        head=("Hops", "IPv4, hosts", "IPv6, hosts"),
        rows=[
            (str(number), *(count(findings.hops[family][number]) for family in FAMILIES))
            for number in range(first + 1, last)
        ],
        svg=lines.draw(title, _families(points), axes, steps, "hops"),
    )


def _every(steps: int) -> int:
    return 1 if steps < 2 * _MANY else 2 if steps < 4 * _MANY else 5


def _nothing(findings: Findings, metric: str) -> str:
    if not findings.asked.has_metric(metric):
        return f"Not measured: the metric {metric} was not part of this crawl."
    did = {"ping": "answered Echo Requests", "path": "was reached by traces"}[metric]
    return (
        f"Nothing to compare: of {findings.dual_stack:,} hosts with addresses of both families, none {did} over both."
    )


def _winners(comparison: Comparison, adjective: str) -> str:
    six, four, equal = (
        f"{number:,} ({percent_of(number, comparison.hosts)})"
        for number in (comparison.six, comparison.four, comparison.equal)
    )
    return f"Of {comparison.hosts:,} hosts, {six} are {adjective} over IPv6, {four} over IPv4, and {equal} are equal."


def _medians(four: float | None, six: float | None, unit: str) -> str:
    return f"The medians are {decimals(four, 1)} {unit} over IPv4 and {decimals(six, 1)} {unit} over IPv6."
