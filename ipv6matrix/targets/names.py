"""
Parse names, addresses and networks as users type them.

Lists, opt-outs, settings and searches accept the same spellings:

- A *name* may be written as a domain, with final dots, in any case, with U-labels or A-labels, or as
  the host of a URL or an authority: `example.org:8080`, `https://user@Bücher.example./path`.
  `www.example.org` stays unchanged. The result is lower case, in A-labels, without the final dot.
- An *address* may be written in brackets, with a zone (RFC 4007 section 11), in any spelling of RFC 4291. The
  result is the text form of RFC 5952. A link-local address keeps its zone; other addresses lose it. An
  IPv4-mapped address becomes the IPv4 address.
- A *network* is a prefix or an address; host bits are ignored. A zone is dropped, because it is local to a machine.

Each function returns None for text that it cannot parse; callers report what is wrong and where.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from ipv6matrix.addresses import canonical
from ipv6matrix.targets import lists

_SCHEME: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_PORT: Final = re.compile(r":\d*$")
# Full stops of other scripts (UTS #46 section 2.3).
_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def domain(text: str) -> str | None:
    """Return the domain that a text names, or None."""
    name = lists.clean(host(text).translate(_DOTS))
    return name if isinstance(name, str) else None


def contact_domain(text: str) -> str | None:
    """Return the domain of the first mail or web address in a text, or None."""
    words = re.split(r"[\s<>()\",;]+", text)
    return next((name for word in words if (name := domain(word)) is not None), None)


def host(text: str) -> str:
    """Return the host of a URL or an authority, without user and port; any other text as it is."""
    text = text.strip()
    authority = re.split(r"[/?#\\]", _SCHEME.sub("", text, count=1), maxsplit=1)[0].rpartition("@")[2]
    if authority.startswith("[") or authority.count(":") == 1:
        authority = _PORT.sub("", authority)
    return authority


def address(text: str) -> str | None:
    """Return the address that a text spells, with its zone, or None."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and not parsed.is_link_local:
        parsed = parsed.ipv4_mapped or IPv6Address(int(parsed))
    return canonical(parsed)


def network(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network that a text spells, or None."""
    bare, slash, length = text.strip().partition("/")
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    try:
        parsed = ip_network(bare.partition("%")[0] + slash + length, strict=False)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Network) and parsed.subnet_of(_MAPPED):
        return IPv4Network((int(parsed.network_address) & 0xFFFF_FFFF, parsed.prefixlen - 96))
    return parsed
