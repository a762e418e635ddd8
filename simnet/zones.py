"""
Zones, and how a resolver answers from them.

A zone is data: records by owner and type, as text, and faults by owner. `answer`
does what a recursive resolver does with it: CNAMEs followed with the chain in
the answer (RFC 1034 section 4.3.2), wildcards (RFC 4592), NXDOMAIN only for
names that have nothing below them either (RFC 8020), and the SOA record with
each negative answer (RFC 2308 section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

Key = tuple[str, str]
"Owner (lower case, no final dot) and type."

NOERROR: Final = 0
NXDOMAIN: Final = 3
ANY_TYPE: Final = "*"
LONGEST_CHAIN: Final = 16
TTL_S: Final = 3600
NEGATIVE_TTL_S: Final = 300


class Fault(StrEnum):
    """What a name gets instead of a prompt, honest answer."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    FORMERR = "formerr"
    NOTIMP = "notimp"
    YXDOMAIN = "yxdomain"
    SILENT = "silent"
    FLAKY = "flaky"
    "Answered from the second time on that the question is asked."
    RECOVERING = "recovering"
    "SERVFAIL the first two times that the question is asked, then the answer."
    TRUNCATED = "truncated"
    "Cut over UDP, in full over TCP."
    TRUNCATED_SILENT_TCP = "truncated_silent_tcp"
    "Cut over UDP, never answered over TCP."


RCODES: Final = {Fault.FORMERR: 1, Fault.SERVFAIL: 2, Fault.NOTIMP: 4, Fault.REFUSED: 5, Fault.YXDOMAIN: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone; the texts are those of a zone file, names without the final dot."""

    apex: str
    records: Mapping[Key, tuple[str, ...]]
    faults: Mapping[Key, Fault] = field(default_factory=dict)
    "By owner and type or `*`: for that name and all names below it."
    rotating: frozenset[str] = frozenset()
    "Owners whose records come in another order each time."
    ttl_s: int = TTL_S
    names: frozenset[str] = field(init=False)
    "Every name that exists, empty non-terminals included."

    def __post_init__(self) -> None:
        names = {name for owner, _ in self.records for name in ancestors(owner, self.apex)}
        object.__setattr__(self, "names", frozenset(names))

    @property
    def soa(self) -> str | None:
        return next(iter(self.records.get((self.apex, "SOA"), ())), None)

    def fault(self, name: str, rdtype: str) -> Fault | None:
        """Give the fault of a question, that of the nearest name."""
        for owner in ancestors(name, self.apex) if self.faults else ():
            fault = self.faults.get((owner, rdtype)) or self.faults.get((owner, ANY_TYPE))
            if fault:
                return fault
        return None

    def source(self, name: str) -> str | None:
        """Give the owner whose records a name gets: itself, the wildcard that covers it, or None."""
        if name in self.names:
            return name
        encloser = next((above for above in ancestors(name, self.apex) if above in self.names), self.apex)
        wildcard = f"*.{encloser}"
        return wildcard if wildcard in self.names else None


def ancestors(name: str, apex: str) -> Iterator[str]:
    """List a name and those above it, up to the apex of its zone."""
    while name != apex and name:
        yield name
        name = name.partition(".")[2]
    yield apex


@dataclass(slots=True)
class Answer:
    """What the resolver has to say."""

    rcode: int = NOERROR
    records: list[tuple[str, str, int, str]] = field(default_factory=list)
    "Owner, type, TTL in seconds, text; CNAMEs first."
    soa: tuple[str, str] | None = None
    "Apex and text of the zone that denies."
    fault: Fault | None = None
    rotating: bool = False


FindZone = Callable[[str], Zone | None]


def answer(find_zone: FindZone, name: str, rdtype: str) -> Answer:
    """Answer one question; a loop of CNAMEs ends where it began, NOERROR with the CNAMEs alone."""
    result = Answer()
    seen: set[str] = set()
    while name not in seen and len(seen) < LONGEST_CHAIN:
        seen.add(name)
        zone = find_zone(name)
        if zone is None:
            result.rcode = NXDOMAIN
            return result
        result.fault = result.fault or zone.fault(name, rdtype)
        owner = zone.source(name)
        if owner is None:
            result.rcode, result.soa = NXDOMAIN, (zone.apex, zone.soa or "")
            return result
        texts = zone.records.get((owner, rdtype))
        if texts:
            result.records += [(name, rdtype, zone.ttl_s, text) for text in texts]
            result.rotating = owner in zone.rotating
            return result
        alias = zone.records.get((owner, "CNAME"))
        if alias is None:
            result.soa = (zone.apex, zone.soa or "")
            return result
        result.records.append((name, "CNAME", zone.ttl_s, alias[0]))
        name = alias[0].lower()
    return result
