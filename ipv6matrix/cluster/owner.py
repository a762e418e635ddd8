"""
Which bucket a request belongs to: all requests of one owner are made by one machine.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final

from tldextract import TLDExtract

from ipv6matrix import urls
from ipv6matrix.targets import policy

# Enough that each of hundreds of machines has several; few enough that one session can lock all of them.
BUCKETS: Final = 4096
# Of a key: the first bytes are those of its owner, so that requests of one owner, which come at about the same time,
# are in the same pages of an index.
_OWNER_BYTES: Final = 4
_URL_BYTES: Final = 12
# The Public Suffix List that the package contains, without network access.
_SUFFIXES: Final = TLDExtract(suffix_list_urls=(), cache_dir=None)


def owner(url: str) -> bytes:
    """
    Return what decides who makes a request: a network, as `policy.network`, or a registrable domain.

    All packets to a network have one sender, so the pacer of one machine limits the rate of all of
    them. All names of a domain have one resolver, so that each host is looked up once.
    """
    parsed = urls.parse(url)
    address = parsed.destination or parsed.address
    if address is not None:
        return policy.network(address)
    return _registrable(parsed.name or parsed.subject).encode()


def bucket(url: str) -> int:
    """Return the bucket of a request, from 0."""
    return _bucket(owner(url))


def bucket_of_name(name: str) -> int:
    """Return the bucket of the requests about a name."""
    return _bucket(_registrable(name).encode())


def bucket_of_address(address: str) -> int:
    """Return the bucket of the requests that are sent to an address."""
    return _bucket(policy.network(address))


def place(url: str) -> tuple[int, bytes]:
    """Return the bucket of a request, and its key, which stands for its URL; raise UnicodeError if it has none."""
    own = blake2b(url.encode(), digest_size=_URL_BYTES).digest()
    digest = _digest(owner(url))
    return _number(digest), digest[:_OWNER_BYTES] + own


def key(url: str) -> bytes:
    """Return the key of a request."""
    return place(url)[1]


def _bucket(whose: bytes) -> int:
    return _number(_digest(whose))


def _digest(whose: bytes) -> bytes:
    return blake2b(whose, digest_size=8).digest()


def _number(digest: bytes) -> int:
    # Of the last bytes, which are not part of keys.
    return int.from_bytes(digest, "big") % BUCKETS


@lru_cache(maxsize=65_536)
def _registrable(name: str) -> str:
    return _SUFFIXES(name).top_domain_under_public_suffix or name
