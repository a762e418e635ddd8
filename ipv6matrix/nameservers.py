"""
Which resolvers are asked.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Final

Server = tuple[str, int]

_RESOLV_CONF: Final = Path("/etc/resolv.conf")


class NameserverError(ValueError):
    """A resolver that cannot be one; the message names it and the mend."""


def configured(text: str | list[str] | None) -> tuple[Server, ...]:
    """
    Read the setting NAMESERVERS, or the system's resolvers when it is empty.

    Raises NameserverError.
    """
    entries = text.split(",") if isinstance(text, str) else list(text or ())
    servers = tuple(parse(entry.strip()) for entry in entries if entry.strip())
    return servers or system(_RESOLV_CONF)


def parse(text: str) -> Server:
    """
    Read an address or address:port; an IPv6 address with a port stands in brackets.

    Raises NameserverError.
    """
    host, port = text, "53"
    if text.count(":") == 1 or (text.startswith("[") and not text.endswith("]")):
        host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        return str(ip_address(host)), _port(port)
    except ValueError as error:
        raise NameserverError(
            f"NAMESERVERS: {text!r} is no address or address:port;"
            " write 192.0.2.53, 2001:db8::53 or [2001:db8::53]:5353"
        ) from error


def system(path: Path) -> tuple[Server, ...]:
    """
    Read the nameserver lines of a resolv.conf(5).

    Raises NameserverError when there is none.
    """
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    servers = tuple((entry[1].partition("%")[0], 53) for entry in words if len(entry) > 1 and entry[0] == "nameserver")
    if not servers:
        raise NameserverError(f"{str(path)!r} names no resolver; name one with -s NAMESERVERS=ADDRESS")
    return servers


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port
