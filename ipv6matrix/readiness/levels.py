"""
Levels: how ready a domain is, with unknown verdicts read as `no` and as `yes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from ipv6matrix.readiness.catalogue import Service, catalogue
from ipv6matrix.readiness.facts import Domain
from ipv6matrix.readiness.logic import Truth, certain, every, possible, some
from ipv6matrix.readiness.rules import VERSION, Basis
from ipv6matrix.readiness.verdicts import Reason, Value, Verdict, any_usable, verdicts


class Level(IntEnum):
    """A level; each includes those below it."""

    NONE = 0
    SOME = 1
    WEB = 2
    WEB_AND_DNS = 3
    FULL = 4
    IPV6_ONLY = 5
    WITH_CONTENT = 6

    @property
    def label(self) -> str:
        """The level as it is written: 0 to 5, and 5+."""
        return catalogue().levels[self].label

    @property
    def title(self) -> str:
        return catalogue().levels[self].name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the level with this label; raise ValueError for any other text."""
        return cls([level.label for level in catalogue().levels].index(text.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What is certain and what is possible about a domain, and why."""

    domain: str
    version: int
    "Of the rules."
    basis: Basis
    certain: Level
    possible: Level
    verdicts: tuple[Verdict, ...]

    @property
    def values(self) -> dict[Service, Value]:
        return {verdict.service: verdict.value for verdict in self.verdicts}

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, in the order of services."""
        return tuple(reason for verdict in self.verdicts for reason in verdict.reasons)

    @property
    def undecided(self) -> tuple[Verdict, ...]:
        """The unknown verdicts that keep the level from being certain."""
        return tuple(
            verdict
            for verdict in self.verdicts
            if verdict.value is Value.UNKNOWN and self.certain < _LEVELS[verdict.service] <= self.possible
        )


def judge(domain: Domain, basis: Basis) -> Readiness:
    """Return the readiness of a domain, from what a crawl with a basis learned about it."""
    all_verdicts = verdicts(domain, basis)
    steps = _steps({verdict.service: verdict.value for verdict in all_verdicts}, any_usable(domain, basis))
    return Readiness(
        domain=domain.name,
        version=VERSION,
        basis=basis,
        certain=_reached(steps, certain),
        possible=_reached(steps, possible),
        verdicts=all_verdicts,
    )


_LEVELS = {
    Service.WEB: Level.WEB,
    Service.DNS: Level.WEB_AND_DNS,
    Service.MAIL: Level.FULL,
    Service.CHAIN: Level.IPV6_ONLY,
    Service.PATH: Level.IPV6_ONLY,
    Service.CONTENT: Level.WITH_CONTENT,
}
"The level that needs a service."


def _steps(values: Mapping[Service, Value], usable: Truth) -> dict[Level, Truth]:
    """Return what each level adds to the one below it."""
    mail = values[Service.MAIL]
    return {
        Level.SOME: usable,
        Level.WEB: values[Service.WEB].truth,
        Level.WEB_AND_DNS: values[Service.DNS].truth,
        Level.FULL: some((mail.truth, Truth.YES if mail is Value.NONE else Truth.NO)),
        Level.IPV6_ONLY: every((values[Service.CHAIN].truth, values[Service.PATH].truth)),
        Level.WITH_CONTENT: values[Service.CONTENT].truth,
    }


def _reached(steps: Mapping[Level, Truth], reading: Callable[[Truth], bool]) -> Level:
    reached = Level.NONE
    for level, needed in steps.items():
        if not reading(needed):
            break
        reached = level
    return reached
