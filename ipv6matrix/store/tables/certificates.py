"""
The columns of a certificate, which tables of sessions and handshakes have in common.
"""

from __future__ import annotations

import json
from typing import Any

from ipv6matrix.items import Certificate


def columns(certificate: Certificate | None) -> tuple[Any, ...]:
    """Return fingerprint, subject, issuer, dates, names and their number; all None without a certificate."""
    if certificate is None:
        return (None,) * 7
    return (
        certificate.sha256,
        certificate.subject,
        certificate.issuer,
        _seconds(certificate.not_before),
        _seconds(certificate.not_after),
        None if certificate.names is None else json.dumps(certificate.names, ensure_ascii=False),
        certificate.names_total,
    )


def _seconds(time: float | None) -> int | None:
    return None if time is None else int(time)
