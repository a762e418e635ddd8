"""
The resolvers that a crawl queries.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final

from ipv6matrix.exceptions import NameserverError
from ipv6matrix.targets import names

logger = logging.getLogger(__name__)

Server = tuple[str, int]
"Address (a link-local one with its zone, RFC 4007 section 11) and port."

_RESOLV_CONF: Final = Path("/etc/resolv.conf")


def configured(text: str | list[str] | None) -> tuple[Server, ...]:
    """
    Parse the setting NAMESERVERS; if it is empty, read the system's resolvers.

    Raises NameserverError.
    """
    entries = text.split(",") if isinstance(text, str) else list(text or ())
    servers = tuple(parse(entry.strip()) for entry in entries if entry.strip())
    for host, _ in servers:
        if fault := zone_fault(host):
            raise NameserverError(f"Invalid NAMESERVERS={host!r}: {fault}")
    return servers or system(_RESOLV_CONF)


def parse(text: str) -> Server:
    """
    Parse an address or address:port; an IPv6 address with a port is written in brackets.

    Raises NameserverError.
    """
    host, port = text, "53"
    if text.count(":") == 1 or (text.startswith("[") and not text.endswith("]")):
        host, _, port = text.rpartition(":")
    address = names.address(host)
    if address is None or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise NameserverError(
            f"Invalid NAMESERVERS: {text!r} is not an address or address:port;"
            " use e.g. 192.0.2.53, 2001:db8::53 or [2001:db8::53]:5353"
        )
    return address, int(port)


def zone_fault(address: str) -> str | None:
    """Return what is wrong with the zone of an address, with the fix, or None."""
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address) or not parsed.is_link_local:
        return None
    interfaces = ", ".join(name for _, name in socket.if_nameindex())
    if parsed.scope_id is None:
        return f"a link-local address needs a zone. Add one of {interfaces}, e.g. {address}%{interfaces.split(',')[0]}"
    zones = {text for number, name in socket.if_nameindex() for text in (str(number), name)}
    if parsed.scope_id not in zones:
        return f"no interface {parsed.scope_id!r} on this machine. Use one of {interfaces}"
    return None


def system(path: Path) -> tuple[Server, ...]:
    """
    Read the nameserver lines of a resolv.conf(5).

    Logs a warning for a line without a usable address and ignores it; the C library
    ignores it silently. Raises NameserverError if no line is left.
    """
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    texts = (entry[1] for entry in words if len(entry) > 1 and entry[0] == "nameserver")
    servers = tuple((address, 53) for address in _usable(texts, path))
    if not servers:
        raise NameserverError(f"{str(path)!r} names no resolver: set one with -s NAMESERVERS=ADDRESS")
    return servers


def _usable(texts: Iterator[str], path: Path) -> Iterator[str]:
    for text in texts:
        address = names.address(text)
        fault = "not an address" if address is None else zone_fault(address)
        if fault:
            logger.warning("Ignoring the resolver %r of %s: %s [NAMESERVERS_INVALID]", text, path, fault)
        elif address is not None:
            yield address
