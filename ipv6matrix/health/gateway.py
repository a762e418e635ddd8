"""
The first router of each family, from the kernel's routing tables.

Sources: proc(5) (/proc/net/route), linux/ipv6_route.h (/proc/net/ipv6_route), RFC 4007 section 11 (zones).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from ipv6matrix.items import Family

_TABLES: Final[dict[Family, Path]] = {4: Path("/proc/net/route"), 6: Path("/proc/net/ipv6_route")}
# RTF_UP and RTF_GATEWAY of linux/route.h.
_WANTED: Final = 0x3


def gateway(family: Family) -> str | None:
    """Return the address of the first router, with its zone if link-local; None if there is none."""
    try:
        lines = _TABLES[family].read_text("ascii").splitlines()
    except OSError:  # a kernel without this family
        return None
    return (ipv4 if family == 4 else ipv6)(lines)


def ipv4(lines: list[str]) -> str | None:
    """Return the gateway of the default route with the smallest metric."""
    routes = []
    for line in lines[1:]:
        _, destination, router, flags, _, _, metric, mask, *_ = line.split()
        if int(destination, 16) == int(mask, 16) == 0 and int(flags, 16) & _WANTED == _WANTED:
            # In the byte order of the machine, as the kernel stores it.
            routes.append((int(metric), str(IPv4Address(bytes.fromhex(router)[::-1]))))
    return min(routes)[1] if routes else None


def ipv6(lines: list[str]) -> str | None:
    """Return the gateway of the default route with the smallest metric."""
    routes = []
    for line in lines:
        destination, length, _, _, router, metric, _, _, flags, device = line.split()
        if int(destination, 16) == int(length, 16) == 0 and int(flags, 16) & _WANTED == _WANTED:
            address = IPv6Address(bytes.fromhex(router))
            zone = f"%{device}" if address.is_link_local else ""
            routes.append((int(metric, 16), f"{address}{zone}"))
    return min(routes)[1] if routes else None
