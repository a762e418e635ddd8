"""
Chapters about the outcomes of each measurement that names some in its tables, and about comparisons of both families.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from ipv6matrix.charts.axes import top_of
from ipv6matrix.charts.bars import Bar, Part, bars
from ipv6matrix.charts.drawing import IPV4, IPV6, OTHERS
from ipv6matrix.exporters.chapters.chapter import Chapter, count, percent_of
from ipv6matrix.exporters.findings import Findings
from ipv6matrix.store.queries.outcomes import Words

# Words of a family that have bars; the rarer ones are added up.
_TOP: Final = 8
_LOOKS: Final[dict[int | None, str]] = {4: IPV4, 6: IPV6, None: OTHERS[0]}


def chapters(findings: Findings) -> Iterator[Chapter]:
    """Yield a chapter for each list of words."""
    return map(_chapter, findings.words)


def _chapter(words: Words) -> Chapter:
    rows = [
        (family, word, number, counts.total())
        for family, counts in words.counts.items()
        for word, number in _frequent(counts)
    ]
    label = {(family, word): f"{_prefix(family)}{word.replace('_', ' ')}" for family, word, *_ in rows}
    drawn = [
        Bar(
            label[family, word],
            percent_of(number, whole),
            [Part(number / whole, _LOOKS[family], f"{label[family, word]}: {number:,} of {whole:,}")],
        )
        for family, word, number, whole in rows
    ]
    return Chapter(
        name=re.sub(r"\W+", "_", words.title.lower()),
        title=words.title,
        explanation=f"Each result with its share of the {_wholes(words)}."
        " What could not be tested is a result of its own.",
        head=("Result", "Number", "Of", "Share"),
        rows=[
            (label[family, word], count(number), count(whole), percent_of(number, whole))
            for family, word, number, whole in rows
        ],
        svg=bars(words.title, drawn, top=top_of("share", [number / whole for _, _, number, whole in rows])),
    )


def _prefix(family: int | None) -> str:
    return f"IPv{family}: " if family else ""


def _wholes(words: Words) -> str:
    return " and ".join(
        f"{counts.total():,} {f'over IPv{family}' if family else 'in all'}" for family, counts in words.counts.items()
    )


def _frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the most frequent words, then the sum of all others."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(number for _, number in ordered[_TOP:])
    return ordered[:_TOP] + ([("others", rest)] if rest else [])
