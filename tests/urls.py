"""Request URLs of all kinds, as the measurements build them."""

from __future__ import annotations

from ipv6matrix.measurements.hosts import guesses
from ipv6matrix.measurements.hosts import url as host
from ipv6matrix.measurements.ping import url as ping
from ipv6matrix.measurements.ports import url as tcp
from ipv6matrix.measurements.records import url as domain
from ipv6matrix.measurements.reverse import url as reverse
from ipv6matrix.measurements.trace import url as trace
from ipv6matrix.urls import again, crowd, first, of, parse, request

__all__ = (
    "again",
    "crowd",
    "domain",
    "first",
    "guesses",
    "host",
    "of",
    "parse",
    "ping",
    "request",
    "reverse",
    "tcp",
    "trace",
)
