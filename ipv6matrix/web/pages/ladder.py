"""
The view of readiness: shares of domains that have at least a level, between two bounds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ipv6matrix.readiness.levels import Level
from ipv6matrix.web.pages.measures import Measure, View
from ipv6matrix.web.v1.resources import LEVEL_NAMES, REACHED, READINESS


def _measure(level: Level) -> Measure:
    name = LEVEL_NAMES[level]
    return Measure(
        key=f"level{name}",
        title=f"Level {level.label}" + ("" if level is max(Level) else " or higher") + f" ({level.title})",
        short=f"Level {level.label}" if level is max(Level) else f"Level \u2265 {level.label}",
        part=f"certain_from_{name}",
        upper=f"possible_from_{name}",
        whole="domains",
    )


VIEW: Final = View(
    name="readiness",
    title="Readiness",
    question="Which domains work over IPv6, so far that people without IPv4 miss nothing?",
    explanation="Each domain has a level from 0 to 5+, which follows from verdicts about its website, name servers,"
    " mail, lookups and paths. “Could not be tested” does not mean “no”: each share lies between that of the domains"
    " that certainly have the level, and that of the domains that have it if everything that could not be tested"
    " works.",
    figures=replace(READINESS, fields={**READINESS.fields, **REACHED}, ratios={}),
    measures=tuple(_measure(level) for level in Level if level),
    api="readiness",
    total="domains",
    default=1,
    columns={"domains": "Domains", "unknown": "Level not certain"},
    has_steps=True,
    is_of_2022=False,
)
