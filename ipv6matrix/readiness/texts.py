"""
Readiness in words, for terminals and pages.
"""

from __future__ import annotations

from ipv6matrix.readiness.catalogue import Service, catalogue
from ipv6matrix.readiness.levels import Readiness
from ipv6matrix.readiness.verdicts import Value, Verdict


def level(readiness: Readiness) -> str:
    """Return the level in a line: `3`, or `3 to 4: mail could not be tested (port 25 is filtered here)`."""
    if readiness.certain is readiness.possible:
        return readiness.certain.label
    unknown = [verdict for verdict in readiness.verdicts if verdict.value is Value.UNKNOWN]
    causes = _causes(list(readiness.undecided or unknown))
    return f"{readiness.certain.label} to {readiness.possible.label}: {causes}"


def title(service: Service) -> str:
    return catalogue().services[service].title


def value(verdict: Verdict) -> str:
    """Return what a verdict means."""
    return catalogue().values[verdict.value if verdict.measured else "unmeasured"]


def _causes(verdicts: list[Verdict]) -> str:
    """Return why services are unknown: those that were not measured together, the others each with its first reason."""
    unmeasured = [verdict for verdict in verdicts if not verdict.measured]
    parts = [
        f"{title(verdict.service).lower()} could not be tested ({verdict.reasons[0].cause})"
        for verdict in verdicts
        if verdict not in unmeasured
    ]
    if unmeasured:
        parts.append(f"not measured: {', '.join(title(verdict.service).lower() for verdict in unmeasured)}")
    return "; ".join(parts)
