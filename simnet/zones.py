"""
Zones, and how a resolver answers from them.

A zone is data: records by owner and type, as text, and faults by owner. `answer`
resolves like a recursive resolver: CNAMEs are followed, with the chain in
the answer (RFC 1034 section 4.3.2), wildcards apply (RFC 4592), NXDOMAIN is only
for names that have nothing below them either (RFC 8020), and each negative
answer has the SOA record (RFC 2308 section 3).
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
    """What a query gets instead of a prompt and correct answer."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    FORMERR = "formerr"
    NOTIMP = "notimp"
    YXDOMAIN = "yxdomain"
    SILENT = "silent"
    FLAKY = "flaky"
    "Answered from the second query on."
    RECOVERING = "recovering"
    "SERVFAIL for the first two queries, then the answer."
    TRUNCATED = "truncated"
    "Truncated over UDP, complete over TCP."
    TRUNCATED_SILENT_TCP = "truncated_silent_tcp"
    "Truncated over UDP, never answered over TCP."
    DENIED = "denied"
    "NXDOMAIN, although the name exists (RFC 4074 section 4.2)."


class Dnssec(StrEnum):
    """What a validating resolver finds in a zone that is signed."""

    SIGNED = "signed"
    BOGUS = "bogus"
    "Signatures that do not validate."


RCODES: Final = {Fault.FORMERR: 1, Fault.SERVFAIL: 2, Fault.NOTIMP: 4, Fault.REFUSED: 5, Fault.YXDOMAIN: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One zone; texts are as in a zone file, names without the final dot."""

    apex: str
    records: Mapping[Key, tuple[str, ...]]
    faults: Mapping[Key, Fault] = field(default_factory=dict)
    "By owner and type or `*`: for that name and all names below it."
    rotating: frozenset[str] = frozenset()
    "Owners whose records rotate with each query."
    ttl_s: int = TTL_S
    dnssec: Dnssec | None = None
    glue6: bool = True
    "False if the parent zone lacks the IPv6 addresses of its name servers."
    names: frozenset[str] = field(init=False)
    "Every name that exists, empty non-terminals included."

    def __post_init__(self) -> None:
        names = {name for owner, _ in self.records for name in ancestors(owner, self.apex)}
        object.__setattr__(self, "names", frozenset(names))

    @property
    def soa(self) -> str | None:
        return next(iter(self.records.get((self.apex, "SOA"), ())), None)

    def fault(self, name: str, rdtype: str) -> Fault | None:
        """Return the fault of a query, from the nearest name that has one."""
        for owner in ancestors(name, self.apex) if self.faults else ():
            fault = self.faults.get((owner, rdtype)) or self.faults.get((owner, ANY_TYPE))
            if fault:
                return fault
        return None

    def source(self, name: str) -> str | None:
        """Return the owner of a name's records: itself, the wildcard that covers it, or None."""
        if name in self.names:
            return name
        encloser = next((above for above in ancestors(name, self.apex) if above in self.names), self.apex)
        wildcard = f"*.{encloser}"
        return wildcard if wildcard in self.names else None


def ancestors(name: str, apex: str) -> Iterator[str]:
    """Yield a name and those above it, up to the apex of its zone."""
    while name != apex and name:
        yield name
        name = name.partition(".")[2]
    yield apex


@dataclass(slots=True)
class Answer:
    """The answer of the resolver."""

    rcode: int = NOERROR
    records: list[tuple[str, str, int, str]] = field(default_factory=list)
    "Owner, type, TTL in seconds, text; CNAMEs first."
    soa: tuple[str, str] | None = None
    "Apex and text of the SOA record of a negative answer."
    fault: Fault | None = None
    rotating: bool = False
    signed: list[Dnssec | None] = field(default_factory=list)
    "How each zone on the way is signed."

    @property
    def secure(self) -> bool:
        """Return whether the whole answer can be validated."""
        return bool(self.signed) and all(status is Dnssec.SIGNED for status in self.signed)

    @property
    def bogus(self) -> bool:
        """Return whether a validating resolver withholds the answer."""
        return Dnssec.BOGUS in self.signed


FindZone = Callable[[str], Zone | None]


def answer(find_zone: FindZone, name: str, rdtype: str) -> Answer:
    """Answer one query; a loop of CNAMEs ends where it began, NOERROR with only the CNAMEs."""
    result = Answer()
    seen: set[str] = set()
    while name not in seen and len(seen) < LONGEST_CHAIN:
        seen.add(name)
        zone = find_zone(name)
        if zone is None:
            result.rcode = NXDOMAIN
            return result
        result.fault = result.fault or zone.fault(name, rdtype)
        result.signed.append(zone.dnssec)
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
