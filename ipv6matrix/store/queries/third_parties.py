"""
Whether everything that a web page loads is available over IPv6.

A lower bound of what it loads: no JavaScript is run, and frames are not opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from ipv6matrix.store.database import Store


class Support(StrEnum):
    """How many of the other hosts of a page have IPv6."""

    FULL = "full"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class PageSupport(NamedTuple):
    """The front page of a host, at any of its addresses."""

    host: str
    support: Support
    lacking: tuple[str, ...]
    "The hosts that have IPv4 addresses only, in alphabetical order."


def pages(store: Store) -> Iterator[PageSupport]:
    """Yield the front pages whose hosts are known."""
    yield from (_support(*row) for row in store.stream(_PAGES))


def of_host(store: Store, host_id: int) -> PageSupport | None:
    """Return the front page of a host; None if its hosts are not known."""
    return next((_support(*row) for row in store.query(_PAGE, (host_id,))), None)


def _support(host: str, lacking: str | None, unknown: int) -> PageSupport:
    names = tuple(sorted(lacking.split(","))) if lacking else ()
    support = Support.PARTIAL if names else Support.UNKNOWN if unknown else Support.FULL
    return PageSupport(host, support, names)


def _sql(which: str) -> str:
    # A name without any address is a fault of the page, not a lack of IPv6.
    return f"""
        SELECT hosts.name,
               group_concat(page_hosts.name) FILTER (WHERE a_addresses > 0 AND aaaa_addresses = 0),
               count(page_hosts.name) FILTER (WHERE aaaa_addresses IS NULL)
        FROM (SELECT DISTINCT host_id FROM web_pages WHERE hosts IS NOT NULL AND host_id {which}) AS pages
        JOIN hosts ON hosts.id = pages.host_id
        LEFT JOIN page_hosts ON page_hosts.host_id = pages.host_id
        LEFT JOIN third_parties ON third_parties.name = page_hosts.name
        GROUP BY pages.host_id"""


_PAGES: Final = _sql("IS NOT NULL")
_PAGE: Final = _sql("= ?")
