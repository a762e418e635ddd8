"""
How many requests are done and how many are to be asked.
"""

from __future__ import annotations

from ipv6matrix.store.database import Store


def requests(store: Store) -> tuple[int, int]:
    """Give (done, pending); only the pending are counted, in their index."""
    ((pending,),) = store.query("SELECT count(*) FROM requests INDEXED BY requests_pending WHERE done_at IS NULL")
    return store.newest - pending, pending
