"""
How many requests are done and how many are to be asked.
"""

from __future__ import annotations

from ipv6matrix.store.database import Store


def requests(store: Store) -> tuple[int, int]:
    """Give (done, pending). The number of the newest request is the number of all; the pending have an index."""
    ((newest, pending),) = store.query(
        "SELECT (SELECT count(*) FROM requests), (SELECT count(*) FROM requests WHERE done_at IS NULL)"
    )
    return newest - pending, pending
