"""
Chapters about the outcomes of probes: open ports, traces, failures; and about the kinds of IPv6 addresses.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from ipv6matrix.charts.axes import top_of
from ipv6matrix.charts.bars import Bar, Part, bars
from ipv6matrix.charts.drawing import IPV4, IPV6, OTHERS, REST, UNKNOWN
from ipv6matrix.exporters.chapters.chapter import Chapter, count, numbers, parts_of, percent, percent_of
from ipv6matrix.exporters.findings import FAMILIES, SERVICES, Findings, Share
from ipv6matrix.items import UNRECORDED, Stop
from ipv6matrix.store.queries.outcomes import Ipv6Kind

_REACHED: Final = "reached"
_NOT_TOLD: Final = "not reached"
_UNASKED: Final = "could not ask"
_ENDS: Final = {
    _REACHED: IPV6,
    "silent hops": OTHERS[0],
    "unreachable": IPV4,
    "last TTL": OTHERS[1],
    _NOT_TOLD: REST,
    _UNASKED: UNKNOWN,
}
_STOPS: Final[dict[str, str]] = {
    Stop.REACHED: _REACHED,
    Stop.GAP_LIMIT: "silent hops",
    Stop.UNREACHABLE: "unreachable",
    Stop.MAX_TTL: "last TTL",
    # Too rare for colours of their own.
    Stop.OTHER_ADDRESS: _NOT_TOLD,
    Stop.LOOP: _NOT_TOLD,
    # Imported crawls do not tell why a trace did not arrive.
    UNRECORDED: _NOT_TOLD,
}
_PROBED: Final = "may be probed"
_REFUSED: Final = "not probed"
_KIND_LOOKS: Final = {_PROBED: IPV6, _REFUSED: UNKNOWN}
_TOP_KINDS: Final = 25
_FAMILIES: Final = {4: IPV4, 6: IPV6}


def reachability(findings: Findings) -> Chapter:
    title = "Reachability by service"
    shares = _probed_services(findings)
    if not shares:
        return Chapter(name="reachability", title=title, explanation="No port of a host was probed in this crawl.")
    rows = [
        Bar(name, percent(share), [Part(share.part / share.known, _FAMILIES[family], _hosts(name, share))])
        for (service, family), share in shares.items()
        for name in [f"{service} over IPv{family}"]
    ]
    return Chapter(
        name="reachability",
        title=title,
        explanation="Of the hosts with an address of that family, those that offer the service: web hosts with an open"
        " port 80 or 443, mail exchangers that greet on port 25. A host counts once for each domain that uses it."
        " Hosts that could not be probed are not part of the percentages.",
        head=("Service", "Family", "Hosts", "Reached", "Not reached", "Not known", "Share"),
        rows=[(service, f"IPv{family}", *numbers(share)) for (service, family), share in shares.items()],
        svg=bars(title, rows),
    )


def _hosts(name: str, share: Share) -> str:
    return f"{name}: {share.part:,} of {share.known:,} hosts ({percent(share)})"


def _probed_services(findings: Findings) -> dict[tuple[str, int], Share]:
    keys = [(service, family) for service in SERVICES for family in FAMILIES]
    return {key: findings.services[key] for key in keys if key in findings.services and findings.services[key].known}


def paths(findings: Findings) -> Chapter:
    title = "How traces ended"
    if not findings.traces:
        was_chosen = findings.asked.has_metric("path")
        reason = "No address was traced." if was_chosen else "Not measured: the metric path was not part of this crawl."
        return Chapter(name="paths", title=title, explanation=reason)
    parts = _ends(findings)
    looks = {end: _ENDS[end] for ends in parts.values() for end in ends}
    rows = [
        Bar(family, percent_of(ends[_REACHED], sum(ends.values())), parts_of(family, ends, looks, " addresses"))
        for family, ends in parts.items()
    ]
    return Chapter(
        name="paths",
        title=title,
        explanation="Of the addresses that were to be traced, those that were reached, and why the others were not: too"
        " many silent hops in a row, a router that called the address unreachable, the last TTL that is tried. Each"
        " address counts once.",
        head=("Family", "Addresses", *(end[0].upper() + end[1:] for end in looks)),
        rows=[(family, count(sum(ends.values())), *map(count, ends.values())) for family, ends in parts.items()],
        svg=bars(title, rows, keys=looks),
    )


def _ends(findings: Findings) -> dict[str, dict[str, int]]:
    """Count, by family, each end that some trace had, in the order of the legend."""
    met = {_STOPS.get(word, _UNASKED) for _, word in findings.traces} | {_REACHED}
    families = sorted({family for family, _ in findings.traces})
    parts = {f"IPv{family}": {end: 0 for end in _ENDS if end in met} for family in families}
    for (family, word), number in findings.traces.items():
        parts[f"IPv{family}"][_STOPS.get(word, _UNASKED)] += number
    return parts


def ipv6_kinds(findings: Findings) -> Chapter:
    title = "Kinds of IPv6"
    if not findings.ipv6_kinds:
        return Chapter(name="ipv6_kinds", title=title, explanation="No host has an IPv6 address.")
    whole = sum(kind.probed + kind.refused for kind in findings.ipv6_kinds)
    kinds = {_kind_name(kind): kind for kind in findings.ipv6_kinds[:_TOP_KINDS]}
    notes = {name: percent_of(kind.probed + kind.refused, whole) for name, kind in kinds.items()}
    numbers_of = {name: {_PROBED: kind.probed, _REFUSED: kind.refused} for name, kind in kinds.items()}
    rows = [
        Bar(name, notes[name], parts_of(name, number, _KIND_LOOKS, " addresses", whole))
        for name, number in numbers_of.items()
    ]
    return Chapter(
        name="ipv6_kinds",
        title=title,
        explanation=f"The {whole:,} distinct IPv6 addresses of hosts, by the special-purpose registries and the known"
        f" prefixes of tunnels; the {_TOP_KINDS} most frequent kinds. Grey ones are never probed.",
        head=("Kind", "Addresses", "May be probed", "Not probed", "Share"),
        rows=[
            (name, count(kind.probed + kind.refused), count(kind.probed), count(kind.refused), notes[name])
            for name, kind in kinds.items()
        ],
        svg=bars(title, rows, keys=_KIND_LOOKS),
    )


def _kind_name(kind: Ipv6Kind) -> str:
    if kind.kind in _KIND_NAMES:
        return _KIND_NAMES[kind.kind]
    if kind.tunnel_id:
        about = _tunnels().get(kind.tunnel_id)
        return f"tunnel {kind.tunnel_id} ({about})" if about else f"tunnel {kind.tunnel_id}"
    return "native" if kind.kind == "global" else kind.kind.replace("_", " ")


_KIND_NAMES: Final = {"6to4": "6to4", "teredo": "Teredo", "unknown": "not classified"}


@cache
def _tunnels() -> Mapping[str, str]:
    """Return the names of the known tunnels by identifier: tag and operator of the list of prefixes."""
    with files("ipv6matrix").joinpath("data/ipv6-prefixes.csv").open(encoding="utf-8") as stream:
        return {row["id"]: f"{row['tag']}, {row['operator']}" for row in csv.DictReader(stream)}


_OLDER: Final = " Unrecorded is what an older crawler kept as n/a: nothing there, or an error."


def errors(findings: Findings) -> Chapter:
    title = "Requests without an answer"
    if not findings.errors:
        return Chapter(name="errors", title=title, explanation="Every request was answered.")
    rows = {f"{error.kind}: {error.word.replace('_', ' ')}": error for error in findings.errors}
    notes = {label: percent_of(error.number, error.asked) for label, error in rows.items()}
    shown = [
        Bar(
            label,
            notes[label],
            [Part(error.number / error.asked, IPV4, f"{label}: {error.number:,} of {error.asked:,}")],
        )
        for label, error in rows.items()
    ]
    longest = top_of("share", [error.number / error.asked for error in rows.values()])
    return Chapter(
        name="errors",
        title=title,
        explanation="Failures and silence, as shares of all requests of their kind. None of them is an absence: a"
        " failed lookup does not show what exists. A closed port (connection refused) is an answer."
        + (_OLDER if any(error.word == UNRECORDED for error in findings.errors) else ""),
        head=("Request and outcome", "Number", "Requests", "Share"),
        rows=[(label, count(error.number), count(error.asked), notes[label]) for label, error in rows.items()],
        svg=bars(title, shown, top=longest),
    )
