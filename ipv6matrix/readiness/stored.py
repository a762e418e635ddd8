"""
Readiness in a few plain values, as summaries store it: bounds, verdicts, and what texts of reasons follow from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ipv6matrix.readiness.catalogue import Service
from ipv6matrix.readiness.levels import Level, Readiness
from ipv6matrix.readiness.rules import Basis
from ipv6matrix.readiness.verdicts import NOT_MEASURED, Reason, Value, Verdict


def pack(readiness: Readiness) -> dict[str, Any]:
    """Return the columns of a domain; a service that was not measured has no reasons, which would be most of all."""
    reasons = [
        (reason.service.value, reason.host, reason.word, reason.detail, reason.rule)
        for verdict in readiness.verdicts
        for reason in (verdict.reasons if verdict.measured else ())
    ]
    return {
        "domain": readiness.domain,
        "certain": int(readiness.certain),
        "possible": int(readiness.possible),
        **{service.value: value.value for service, value in readiness.values.items()},
        "reasons": json.dumps(reasons, separators=(",", ":")),
    }


def unpack(row: Mapping[str, Any], version: int, basis: Basis) -> Readiness:
    """Return the readiness of a domain, from its columns and what it follows from."""
    reasons = [
        Reason(service=Service(service), host=host, word=word, detail=detail, rule=rule)
        for service, host, word, detail, rule in json.loads(row["reasons"])
    ]
    return Readiness(
        domain=row["domain"],
        version=version,
        basis=basis,
        certain=Level(row["certain"]),
        possible=Level(row["possible"]),
        verdicts=tuple(_verdict(service, row, reasons) for service in Service),
    )


def _verdict(service: Service, row: Mapping[str, Any], every: Sequence[Reason]) -> Verdict:
    value = Value(row[service.value])
    reasons = tuple(reason for reason in every if reason.service is service)
    if value is Value.UNKNOWN and not reasons:
        reasons = (Reason(service=service, host=row["domain"], word=NOT_MEASURED),)
    return Verdict(service=service, value=value, reasons=reasons)
