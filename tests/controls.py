"""
What a crawl asks the resolver to know whether it is well, as its log tells it.
"""

from __future__ import annotations

import re

from simnet.logs import Query
from simnet.scenario import ROOT_SERVER

# The root, what is public, random names below that, and what reveals DNS64.
_NAMES = re.compile(rf"|com|net|ipv4only\.arpa|{re.escape(ROOT_SERVER)}|[0-9a-f]{{16}}\.(com|net)")


def is_control(query: Query) -> bool:
    """Tell whether a query is none of the crawl's list."""
    return _NAMES.fullmatch(query.name.rstrip(".")) is not None
