"""
The first pipeline: drops impossible items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from scrapy.exceptions import DropItem

from ipv6matrix.addresses import canonical_text
from ipv6matrix.items import Answered, ExclusionItem, Host
from ipv6matrix.measurements import REGISTRY

# A final dot, after an even number of backslashes.
_FINAL_DOT: Final = re.compile(r"(?<!\\)(?:\\\\)*\.$")


class ValidatePipeline:
    """
    Drops items that contradict themselves: these come from bugs, not from the network.

    The request of a dropped item stays pending, so nothing is lost.
    """

    def process_item(self, item: Answered) -> Answered:
        fault = _fault(item)
        if fault:
            raise DropItem(f"{item.url}: {fault}", log_level="ERROR")
        return item


def _fault(item: Answered) -> str | None:
    # The fields themselves: an ItemAdapter takes 20 us for two of them.
    address: str | None = getattr(item, "address", None)
    if address is not None and not _is_canonical(address):
        return f"{address!r} is not an address in its canonical text"
    if not isinstance(item, ExclusionItem) and (fault := REGISTRY.of_item(item).fault(item)):
        return str(fault)
    hosts: Iterable[Host] = getattr(item, "hosts", ())
    unusual = next((host.name for host in hosts if not _is_usual(host.name)), None)
    return f"host {unusual!r} is not in lower case without a final dot" if unusual else None


def _is_usual(name: str) -> bool:
    """Check the spelling of a host; a dot after a backslash belongs to its label (RFC 1035 section 5.1)."""
    return name == name.lower() and not (name.endswith(".") and _FINAL_DOT.search(name))


def _is_canonical(address: str) -> bool:
    try:
        return canonical_text(address) == address
    except ValueError:
        return False
