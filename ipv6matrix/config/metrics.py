"""
The words of the setting METRICS.
"""

from __future__ import annotations

from typing import Final

from ipv6matrix.measurements import REGISTRY

# What the pipelines add to each address.
_OF_ADDRESSES: Final = ("geoip", "ip6Type")


def metrics() -> tuple[str, ...]:
    """Return the words that ask for a measurement or for something about an address."""
    return (*REGISTRY.metrics, *_OF_ADDRESSES)
