"""Health checks of the resolver during a crawl, as its log shows them."""

from __future__ import annotations

import re

from simnet.logs import Query
from simnet.scenario import ROOT_SERVER

# The root, public names, random names below them, and the name that reveals DNS64 (RFC 7050).
_NAMES = re.compile(rf"|com|net|ipv4only\.arpa|{re.escape(ROOT_SERVER)}|[0-9a-f]{{16}}\.(com|net)")


def is_control(query: Query) -> bool:
    """Return whether a query is not about the crawl's list."""
    return _NAMES.fullmatch(query.name.rstrip(".")) is not None
