"""
Chapters that count domains: with IPv6 by kind of host, by country, by top-level domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from babel import Locale

from ipv6matrix.charts.bars import Bar, bars
from ipv6matrix.charts.drawing import IPV6, REST, UNKNOWN
from ipv6matrix.exporters.chapters.chapter import Chapter, numbers, parts_of, percent
from ipv6matrix.exporters.findings import Findings, Share
from ipv6matrix.summaries.rows import NO_COUNTRY

KIND_NAMES: Final = {"WWW": "Web", "MX": "Mail", "NS": "Name servers", "NTP": "Time"}
TOP: Final = 25

_WITH: Final = "with IPv6"
_WITHOUT: Final = "without"
_UNKNOWN: Final = "not known"
# The unknown part comes last, where the bars of known values end.
_LOOKS: Final = {_WITH: IPV6, _WITHOUT: REST, _UNKNOWN: UNKNOWN}


def penetration(findings: Findings) -> Chapter:
    return _chapter(
        {KIND_NAMES[kind]: share for kind, share in findings.kinds.items() if share.whole},
        name="penetration",
        title="Domains with IPv6, by kind of host",
        explanation="Of the domains that have such a host with an address, those where at least one has an IPv6"
        " address that may be probed.",
        missing="No domain has a host with an address.",
        of="Kind of host",
    )


def countries(findings: Findings) -> Chapter:
    located = {code: share for code, share in findings.countries.items() if code != NO_COUNTRY}
    nowhere = findings.countries[NO_COUNTRY].whole if NO_COUNTRY in findings.countries else 0
    return _chapter(
        _largest(located, country_name),
        name="countries",
        title="IPv6 by country",
        explanation=f"Domains with IPv6 on any kind of host, in the {TOP} countries with most domains. A domain is"
        f" where its first host is; {nowhere:,} domains without a known country are left out.",
        missing="No address has a known country: the crawl had no GeoIP, or found no address that GeoIP knows.",
        of="Country",
    )


def tlds(findings: Findings) -> Chapter:
    return _chapter(
        _largest(findings.tlds, lambda tld: f".{tld}"),
        name="tlds",
        title="IPv6 by top-level domain",
        explanation=f"Domains with IPv6 on any kind of host, in the {TOP} top-level domains with most domains.",
        missing="No domain was asked.",
        of="TLD",
    )


def _chapter(shares: Mapping[str, Share], *, name: str, title: str, explanation: str, missing: str, of: str) -> Chapter:
    if not shares:
        return Chapter(name=name, title=title, explanation=missing)
    rows = [
        Bar(label, percent(share), parts_of(label, _parts(share), _LOOKS, _note(share)))
        for label, share in shares.items()
    ]
    return Chapter(
        name=name,
        title=title,
        explanation=f"{explanation} Percentages are of what is known; where a lookup failed, nothing is.",
        head=(of, "Domains", "With IPv6", "Without", "Not known", "Share"),
        rows=[(label, *numbers(share)) for label, share in shares.items()],
        svg=bars(title, rows, keys=_LOOKS),
    )


def _parts(share: Share) -> dict[str, int]:
    return {_WITH: share.part, _WITHOUT: share.known - share.part, _UNKNOWN: share.unknown}


def _note(share: Share) -> str:
    return f" domains; IPv6 on {percent(share)} of the {share.known:,} known"


def _largest(shares: Mapping[str, Share], name: Callable[[str], str]) -> dict[str, Share]:
    ordered = sorted(shares.items(), key=lambda item: (-item[1].whole, item[0]))
    return {name(key): share for key, share in ordered[:TOP]}


def country_name(code: str) -> str:
    """Return the name of a country in English, as CLDR does; a code that it does not know stands for itself."""
    return _territories().get(code, code)


@cache
def _territories() -> Mapping[str, str]:
    return Locale("en").territories
