"""
Request URLs: a URL contains everything about a request; docs/urls.md lists the forms.

Each measurement has the grammar of its own URLs; here is what holds for all of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from scrapy import Request

from ipv6matrix.items import slot_of
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.base import Crowd
from ipv6matrix.measurements.grammar import InvalidUrlError, Query, RequestUrl

_SECOND: Final = ("pass", "2")
# Brackets enclose an IPv6 address, which a port may follow (RFC 3986 section 3.2.2).
_AUTHORITY: Final = re.compile(r"[^][]+|\[[^][]*:[^][]*\](:[0-9]+)?")
_SUFFIX: Final = "=".join(_SECOND)


def again(url: str) -> str:
    """Return the retry-pass URL of a request URL."""
    return f"{url}{'&' if '?' in url else '?'}{_SUFFIX}"


def first(url: str) -> str:
    """Return the first-pass URL of a URL of either pass."""
    return url.removesuffix(_SUFFIX).rstrip("?&") if url.endswith(_SUFFIX) else url


def request(url: str) -> Request:
    """Return the request for a URL: slot and callback follow from the scheme."""
    # These URLs are canonical by construction; verbatim_url stops Scrapy from rewriting them.
    return Request(url, meta={"download_slot": slot_of(url), "verbatim_url": True})


def of(request: Request) -> RequestUrl:
    """Return the parsed URL of a request; parse it only once."""
    parsed: RequestUrl | None = request.meta.get("request_url")
    if parsed is None:
        parsed = request.meta["request_url"] = parse(request.url)
    return parsed


def parse(url: str) -> RequestUrl:
    """
    Parse a URL.

    Raises InvalidUrlError for a URL that no measurement returns.
    """
    try:
        authority, path, fields = _split(url)
        query, second = _without_pass(parse_qsl(fields) if fields else [])
        parsed: RequestUrl = REGISTRY.of_url(url).parse(authority, path, query)
        return replace(parsed, second=True) if second else parsed
    except (LookupError, ValueError) as error:
        raise InvalidUrlError(f"{url!r} is not a request URL; docs/urls.md lists the forms of each scheme") from error


def crowd(url: str) -> Crowd | None:
    """
    Return what a request shares with possibly very many others: a network, as `policy.network`, or a text.

    None for requests about a domain of the list and its guessed hosts, and for URLs without a valid address.
    """
    return REGISTRY.of_url(url).crowd(url)


def _split(url: str) -> tuple[str, str, str]:
    """Return authority, path and query of a URL. urlsplit() takes three times as long."""
    rest, _, query = url.partition("://")[2].partition("?")
    authority, _, path = rest.partition("/")
    if not _AUTHORITY.fullmatch(authority):
        raise ValueError(authority)
    return authority, path.lstrip("/"), query


def _without_pass(query: Query) -> tuple[Query, bool]:
    second = query[-1:] == [_SECOND]
    remaining = query[:-1] if second else query
    if any(key == _SECOND[0] for key, _ in remaining):
        raise ValueError(query)
    return remaining, second
