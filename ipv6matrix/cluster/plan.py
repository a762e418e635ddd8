"""
What all machines of a shared crawl must agree on.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from scrapy.settings import BaseSettings

from ipv6matrix.exceptions import ListError
from ipv6matrix.targets import lists

# Machines may differ in speed, addresses and resolvers, but not in what they measure.
_SAME: Final = (
    "FEATURES",
    "METRICS",
    "WWW_PREFIXES",
    "NTP_PREFIXES",
    "ADDRESSES_PER_HOST",
    "NS_PER_DOMAIN",
    "MX_PER_DOMAIN",
    "NS_ZONES_PER_ADDRESS",
    "SECOND_PASS",
)


def plan(settings: BaseSettings, locations: lists.Locations) -> str:
    """Return a short text that is equal on all machines of one crawl."""
    try:
        listed = lists.digest(locations.files())
    except ListError:
        # Preflight downloads a list that is given by name.
        listed = f"{locations.domains} {locations.supplemental}"
    values = {name: str(settings.get(name)) for name in _SAME} | ({"tag": locations.tag} if locations.tag else {})
    return hashlib.sha256(json.dumps([values, listed], sort_keys=True).encode()).hexdigest()[:16]
