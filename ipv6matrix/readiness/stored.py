"""
Readiness in a few plain values, as summaries store it: bounds, verdicts, and what texts of reasons follow from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ipv6matrix.readiness.catalogue import Service
from ipv6matrix.readiness.levels import Level, Readiness
from ipv6matrix.readiness.rules import Basis
from ipv6matrix.readiness.verdicts import Reason, Value, Verdict


def pack(readiness: Readiness) -> dict[str, Any]:
    """Return the columns of a domain; of a service that was not measured, only the first reason is kept."""
    reasons = [
        (reason.service.value, reason.host, reason.word, reason.detail, reason.rule)
        for verdict in readiness.verdicts
        for reason in (verdict.reasons if verdict.measured else verdict.reasons[:1])
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
    verdicts = (
        Verdict(
            service=service,
            value=Value(row[service.value]),
            reasons=tuple(reason for reason in reasons if reason.service is service),
        )
        for service in Service
    )
    return Readiness(
        domain=row["domain"],
        version=version,
        basis=basis,
        certain=Level(row["certain"]),
        possible=Level(row["possible"]),
        verdicts=tuple(verdicts),
    )
