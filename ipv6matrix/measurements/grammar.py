"""
What the URLs of all requests have in common; each measurement defines the rest of its own.

The authority of a URL is the address to which packets go. Only requests to the
configured resolvers have a word in its place.
"""

from __future__ import annotations

from dataclasses import dataclass

from ipv6matrix.addresses import canonical_text
from ipv6matrix.items import Family
from ipv6matrix.targets import policy

Query = list[tuple[str, str]]


class InvalidUrlError(ValueError):
    """A URL that is not a valid request of any measurement; the message names it and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUrl:
    """A parsed request URL; measurements whose URLs have more parts extend it."""

    subject: str
    "The domain, host or address that the request is about."
    name: str | None = None
    "The domain or host that the request is about; None if it is about an address, alone or for several names."
    destination: str | None = None
    "The address to which the packets of this request go; None for the configured resolvers."
    second: bool = False
    "True in the retry pass, at the end of the crawl."

    @property
    def address(self) -> str | None:
        """The address that the request is about; None if it is about a name alone."""
        return None if self.subject == self.name else self.subject

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the request asks about."""
        return () if self.name is None else (self.name,)

    @property
    def about_known_hosts(self) -> bool:
        """Return whether this looks up hosts even if their addresses are known."""
        return self.second

    @property
    def family(self) -> Family | None:
        """Return the family that the request needs; None if it needs the configured resolvers."""
        return None if self.destination is None else policy.family(self.destination)

    @property
    def about_hosts(self) -> bool:
        """Return whether this is a lookup of the addresses of hosts."""
        return False


def of_address(scheme: str, address: str) -> str:
    """Return the URL of a request that needs nothing but an address."""
    return f"{scheme}://[{address}]" if ":" in address else f"{scheme}://{address}"


def parse_bare(authority: str, path: str, query: Query) -> RequestUrl:
    """Parse a URL that consists of an address; raise ValueError for any other."""
    if path or query:
        raise ValueError(path)
    address = address_in(authority)
    return RequestUrl(subject=address, destination=address)


def address_in(authority: str) -> str:
    """Return the canonical text of an authority that is an address; raise ValueError for any other."""
    return canonical_text(authority.strip("[]"))


def authority_of(url: str) -> str:
    """Return the authority of a URL without parsing the rest."""
    return url.partition("://")[2].partition("?")[0].partition("/")[0]


def network(url: str) -> bytes | None:
    """
    Return the network of the address in the authority of a URL, as policy.network.

    None for a URL without a valid address; parsing it raises the error.
    """
    try:
        return policy.network(authority_of(url).strip("[]"))
    except ValueError:
        return None
