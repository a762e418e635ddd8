"""
Readiness as a document of plain values, the same for JSON, pages and terminals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ipv6matrix.readiness import texts
from ipv6matrix.readiness.facts import Address, Domain
from ipv6matrix.readiness.levels import Readiness
from ipv6matrix.readiness.verdicts import Verdict


def document(readiness: Readiness, domain: Domain) -> dict[str, Any]:
    """Return everything that a report about a domain states."""
    return {**judgement(readiness), "hosts": list(_hosts(domain))}


def judgement(readiness: Readiness) -> dict[str, Any]:
    """Return the level of a domain and the verdicts that it follows from, with reasons and advice."""
    return {
        "domain": readiness.domain,
        "level": {
            "certain": readiness.certain.label,
            "possible": readiness.possible.label,
            "name": readiness.certain.title,
            "text": texts.level(readiness),
        },
        "services": [_service(verdict) for verdict in readiness.verdicts],
        "rules_version": readiness.version,
        "basis": sorted(readiness.basis),
    }


def _service(verdict: Verdict) -> dict[str, Any]:
    return {
        "service": verdict.service.value,
        "title": texts.title(verdict.service),
        "value": verdict.value.value,
        "meaning": texts.value(verdict),
        "reasons": [
            {
                "host": reason.host,
                "word": reason.word,
                "detail": reason.detail,
                "text": reason.text,
                "advice": reason.advice,
            }
            for reason in (verdict.reasons if verdict.measured else ())
        ],
    }


def _hosts(domain: Domain) -> Iterator[dict[str, Any]]:
    """Yield the hosts that have an address, with the one that represents them over each family."""
    for host in domain.hosts:
        ipv4, ipv6 = host.chosen(4), host.chosen(6)
        if ipv4 or ipv6:
            yield {"host": host.name, "roles": sorted(host.roles), "ipv4": _address(ipv4), "ipv6": _address(ipv6)}


def _address(address: Address | None) -> dict[str, Any] | None:
    return {"address": address.address, "pinged": address.pinged, "rtt_ms": address.rtt_ms} if address else None


def rtt(address: Mapping[str, Any]) -> str:
    """Return the round-trip time of an address of a document in words."""
    if not address["pinged"]:
        return "not measured"
    return "no reply" if address["rtt_ms"] is None else f"{address['rtt_ms']:.1f} ms"
