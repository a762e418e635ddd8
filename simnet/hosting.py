"""Builds zones as hosters do: from hosts, name servers and mail hosts to records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simnet.blocks import BLOCKS, BlockTable
from simnet.scenario import soa_text
from simnet.topology import FAMILIES
from simnet.zones import TTL_S, Dnssec, Fault, Key, Zone

TABLE = BlockTable(BLOCKS)
Hosts = Mapping[str, Iterable[str]]
"Addresses of both families by label; `@` is the zone's own name."

NAME_SERVERS = ("ns1.harbour-dns.net", "ns2.harbour-dns.net")


def both(block: str, n: int = 0) -> tuple[str, ...]:
    """Return the addresses of host n in a block, one per family."""
    return tuple(TABLE.by_name[block].address(family, n) for family in FAMILIES)


def only4(block: str, n: int = 0) -> tuple[str, ...]:
    return (TABLE.by_name[block].address(4, n),)


def only6(block: str, n: int = 0) -> tuple[str, ...]:
    return (TABLE.by_name[block].address(6, n),)


def zone(
    apex: str,
    hosts: Hosts | None = None,
    *,
    ns: Iterable[str] = NAME_SERVERS,
    mx: Iterable[str] = (),
    aliases: Mapping[str, str] | None = None,
    faults: Mapping[tuple[str, str], Fault] | None = None,
    rotating: Iterable[str] = (),
    more: Mapping[Key, tuple[str, ...]] | None = None,
    ttl_s: int = TTL_S,
    https: Mapping[str, Iterable[str]] | None = None,
    dnssec: Dnssec | None = None,
    glue6: bool = True,
) -> Zone:
    """
    Return a zone; labels are relative to its apex, names of other hosts absolute.

    `mx` are texts such as `10 mail.example`; `faults` are by label and type or `*`; `https`
    are HTTPS records by label, such as `1 . alpn=h2`.
    """
    ns, mx = tuple(ns), tuple(mx)
    records: dict[Key, tuple[str, ...]] = {(apex, "SOA"): (soa_text(ns[0] if ns else apex, apex),)}
    if ns:
        records[apex, "NS"] = ns
    if mx:
        records[apex, "MX"] = mx
    for label, addresses in (hosts or {}).items():
        for address in addresses:
            key = absolute(label, apex), "AAAA" if ":" in address else "A"
            records[key] = (*records.get(key, ()), address)
    for label, target in (aliases or {}).items():
        records[absolute(label, apex), "CNAME"] = (target,)
    for label, texts in (https or {}).items():
        records[absolute(label, apex), "HTTPS"] = tuple(texts)
    return Zone(
        apex=apex,
        records={**records, **(more or {})},
        faults={(absolute(label, apex), rdtype): fault for (label, rdtype), fault in (faults or {}).items()},
        rotating=frozenset(absolute(label, apex) for label in rotating),
        ttl_s=ttl_s,
        dnssec=dnssec,
        glue6=glue6,
    )


def absolute(label: str, apex: str) -> str:
    """Return the full name of a label of a zone."""
    return apex if label == "@" else f"{label}.{apex}"
