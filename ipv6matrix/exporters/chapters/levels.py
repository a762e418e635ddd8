"""
Chapters about readiness: levels of all domains, by country and top-level domain, and verdicts by service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ipv6matrix.charts.bars import Bar, bars
from ipv6matrix.charts.drawing import IPV4, IPV6, OTHERS, REST, UNKNOWN
from ipv6matrix.exporters.chapters.chapter import Chapter, count, parts_of, percent_of
from ipv6matrix.exporters.chapters.domains import TOP, country_name
from ipv6matrix.exporters.findings import Findings, Levels
from ipv6matrix.readiness.catalogue import Service, catalogue
from ipv6matrix.readiness.levels import Level
from ipv6matrix.readiness.verdicts import Value
from ipv6matrix.summaries.rows import NO_COUNTRY

_SURE: Final = "exactly this level"
_MORE: Final = "this level or a higher one"
_LEVEL_LOOKS: Final = {_SURE: IPV6, _MORE: UNKNOWN}
_GROUPS: Final = {
    "0": (Level.NONE,),
    "1": (Level.SOME,),
    "2 or 3": (Level.WEB, Level.WEB_AND_DNS),
    "4": (Level.FULL,),
    "5 or 5+": (Level.IPV6_ONLY, Level.WITH_CONTENT),
}
_GROUP_LOOKS: Final = dict(zip((f"level {name}" for name in _GROUPS), (REST, *OTHERS, IPV4, IPV6), strict=True))
_VALUE_LOOKS: Final = {Value.YES: IPV6, Value.NO: IPV4, Value.NONE: REST, Value.UNKNOWN: UNKNOWN}


def levels(findings: Findings) -> Chapter:
    title = "Readiness levels"
    if not findings.levels.domains:
        return Chapter(name="levels", title=title, explanation="No domain was asked.")
    whole, of = findings.levels.domains, findings.levels.all
    parts = {
        f"{level.label}: {level.title}": {_SURE: of.certain[level] - of.unknown[level], _MORE: of.unknown[level]}
        for level in Level
    }
    notes = {label: percent_of(sum(numbers.values()), whole) for label, numbers in parts.items()}
    rows = [
        Bar(label, notes[label], parts_of(label, numbers, _LEVEL_LOOKS, " domains", whole))
        for label, numbers in parts.items()
    ]
    return Chapter(
        name="levels",
        title=title,
        explanation=f"Of {whole:,} domains, those that certainly have a level, with everything unknown taken for no."
        f" {of.unknown.total():,} of them may have a higher one, because something could not be tested."
        f" {_compared(findings)}",
        head=("Level", "Name", "Certain", "Share", "Of these, not known exactly", "Possible", "Share"),
        rows=[
            (
                *(level.label, level.title, count(of.certain[level]), percent_of(of.certain[level], whole)),
                *(count(of.unknown[level]), count(of.possible[level]), percent_of(of.possible[level], whole)),
            )
            for level in Level
        ],
        svg=bars(title, rows, keys=_LEVEL_LOOKS),
    )


def level_countries(findings: Findings) -> Chapter:
    located = {country_name(code): of for code, of in _largest(findings.levels.countries) if code != NO_COUNTRY}
    return _grouped(findings, located, "level_countries", "Readiness by country", "Country")


def level_tlds(findings: Findings) -> Chapter:
    tlds = {f".{tld}": of for tld, of in _largest(findings.levels.tlds)}
    return _grouped(findings, tlds, "level_tlds", "Readiness by top-level domain", "TLD")


def services(findings: Findings) -> Chapter:
    title = "Readiness by service"
    texts, verdicts = catalogue(), findings.levels.verdicts
    shown = {
        service: {value.value: verdicts[service, value] for value in _VALUE_LOOKS}
        for service in Service
        if verdicts[service, Value.UNKNOWN] < findings.levels.domains
    }
    if not shown:
        return Chapter(name="services", title=title, explanation="No domain was asked.")
    looks = {value.value: look for value, look in _VALUE_LOOKS.items()}
    rows = [
        Bar(
            texts.services[service].title,
            percent_of(numbers[Value.YES], findings.levels.domains),
            parts_of(texts.services[service].title, numbers, looks, " domains"),
        )
        for service, numbers in shown.items()
    ]
    hidden = [texts.services[service].title.lower() for service in Service if service not in shown]
    return Chapter(
        name="services",
        title=title,
        explanation="What works over IPv6. A domain that has no such service counts as none."
        + (f" Not measured: {', '.join(hidden)}." if hidden else "")
        + f" {_compared(findings)}",
        head=("Service", "Question", *(value.value.capitalize() for value in _VALUE_LOOKS)),
        rows=[
            (texts.services[service].title, texts.services[service].asks, *map(count, numbers.values()))
            for service, numbers in shown.items()
        ],
        svg=bars(title, rows, keys=looks),
    )


def _grouped(findings: Findings, places: Mapping[str, Levels], name: str, title: str, of: str) -> Chapter:
    if not places:
        return Chapter(name=name, title=title, explanation=f"No domain has a known {of if of == 'TLD' else 'country'}.")
    rows = [
        Bar(place, percent_of(_at_least(counts, Level.FULL), counts.certain.total()), parts_of(place, groups,
            _GROUP_LOOKS, " domains"))
        for place, counts in places.items()
        for groups in [_groups(counts)]
    ]  # fmt: skip
    return Chapter(
        name=name,
        title=title,
        explanation=f"Certain levels of domains, in the {TOP} places with most domains; the percentage is that of"
        f" levels 4 and higher. {_compared(findings)}",
        head=(of, "Domains", *(level.label for level in Level), "Not known exactly"),
        rows=[
            (
                place,
                count(counts.certain.total()),
                *(count(counts.certain[level]) for level in Level),
                count(counts.unknown.total()),
            )
            for place, counts in places.items()
        ],
        svg=bars(title, rows, keys=_GROUP_LOOKS),
    )


def _groups(counts: Levels) -> dict[str, int]:
    return {
        look: sum(counts.certain[level] for level in levels)
        for look, levels in zip(_GROUP_LOOKS, _GROUPS.values(), strict=True)
    }


def _at_least(counts: Levels, least: Level) -> int:
    return sum(number for level, number in counts.certain.items() if level >= least)


def _largest(places: Mapping[str, Levels]) -> list[tuple[str, Levels]]:
    ordered = sorted(places.items(), key=lambda item: (-item[1].certain.total(), item[0]))
    return [(place, counts) for place, counts in ordered if place != NO_COUNTRY][:TOP]


def _compared(findings: Findings) -> str:
    return (
        f"Rules {findings.levels.version}; basis: {findings.levels.basis.replace(',', ', ')}."
        " Levels of crawls with other rules or another basis are not comparable."
    )
