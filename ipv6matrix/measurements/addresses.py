"""
Measurements of each address of a host whose requests need nothing but the address.

    SCHEME://[2001:db8::1]
"""

from __future__ import annotations

from collections.abc import Iterable

from ipv6matrix.config.plan import Plan
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.base import Failed, Item, Measurement, Observed, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl


class OfAddress(Measurement[RequestUrl, Observed, Item]):
    """One request for each address of a host, if one of its metrics is wanted."""

    def parse(self, authority: str, path: str, query: Query) -> RequestUrl:
        return grammar.parse_bare(authority, path, query)

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        is_wanted = target.host and not plan.metrics.isdisjoint(self.metrics)
        return (grammar.of_address(self.scheme, target.address),) if is_wanted and target.address else ()

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:  # noqa: ARG002
        return (grammar.of_address(self.scheme, failed.subject),)
