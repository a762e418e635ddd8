"""
When the list may be read further.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ipv6matrix.frontier.slots import Slot
from ipv6matrix.measurements import REGISTRY

# The frontier is hungry while the number of waiting resolver requests is below this share of the slot's room.
_HUNGRY: Final = 1 / 4
# A slot is behind if more than this many times its room is waiting. Reading the list faster
# than addresses can be probed would only leave that work for the end.
_BEHIND: Final = 10
# Number of requests of a slot that may wait for rates per network before reading of the list
# stops. Bounds what a list of hostile domains can add to the database.
_MOST_PARKED: Final = 100_000


def is_hungry(slots: Mapping[str, Slot]) -> bool:
    """
    Return whether few resolver requests wait and no slot is far behind.

    Requests waiting for the rate of their network do not count, up to `_MOST_PARKED`.
    """
    first = slots[REGISTRY.first_slot]
    behind = any(
        slot.waiting - slot.parked > slot.room * _BEHIND or slot.parked > _MOST_PARKED for slot in slots.values()
    )
    return first.waiting - first.parked < first.room * _HUNGRY and not behind
