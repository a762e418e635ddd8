"""
The first pipeline: drops impossible items.
"""

from __future__ import annotations

from ipaddress import ip_address

from scrapy.exceptions import DropItem

from ipv6matrix.items import Answered, DomainItem, HostsItem, PingItem, ReverseItem, TcpItem, TraceItem

# The address that each item is about.
_BY_ADDRESS = (ReverseItem, PingItem, TcpItem, TraceItem)


class ValidatePipeline:
    """
    Drops items that contradict themselves: they come from a bug, not from the network.

    The request of a dropped item stays pending, so that nothing is lost.
    """

    def process_item(self, item: Answered) -> Answered:
        fault = _fault(item)
        if fault:
            raise DropItem(f"{item.url}: {fault}", log_level="ERROR")
        return item


def _fault(item: Answered) -> str | None:
    if isinstance(item, _BY_ADDRESS) and not _is_canonical(item.address):
        return f"{item.address!r} is not an address in its canonical text"
    if isinstance(item, PingItem) and len(item.ping.rtts_ms) > item.ping.sent:
        return "more replies than requests"
    if isinstance(item, DomainItem | HostsItem):
        unusual = next((host.name for host in item.hosts if host.name != host.name.lower().rstrip(".")), None)
        return f"host {unusual!r} is not in lower case without a final dot" if unusual else None
    return None


def _is_canonical(address: str) -> bool:
    try:
        return str(ip_address(address)) == address
    except ValueError:
        return False
