"""
Whether the web site of a host is the same over both families.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.both_families import BOTH, UNSENT

# Pages of which more than this share of the words differs are different.
TOLERANCE: Final = 0.1
# A page may change between two requests. The pages of a site are usually requested within a second of each other, but
# the rate of a network or the retry pass may come between them.
_APART_S: Final = 60
_HASH_BYTES: Final = 4
_HASHES: Final = 128
# Answers that say "not for you" or "not now" to a crawler, not what a visitor would get.
_BLOCKED: Final = (403, 429, 503)


class Web(StrEnum):
    """How the pages of both families compare; of several differences, the first of this list counts."""

    UNTESTABLE = "untestable"
    ONLY_V4 = "only_v4"
    ONLY_V6 = "only_v6"
    PORTS_DIFFER = "ports_differ"
    CERTIFICATE_DIFFERS = "certificate_differs"
    STATUS_DIFFERS = "status_differs"
    REDIRECT_DIFFERS = "redirect_differs"
    CONTENT_DIFFERS = "content_differs"
    SAME = "same"


class Site(NamedTuple):
    """A web site that has addresses of both families."""

    host: str
    outcome: Web


class _Page(NamedTuple):
    scheme: str
    tls: str | None
    certificate: str | None
    status_code: int | None
    location: str | None
    sketch: bytes | None
    unsent: bool
    asked_at: int


def sites(store: Store) -> Iterator[Site]:
    """Yield the web sites whose page was requested over both families."""
    for host, *columns in store.stream(_SITES):
        yield Site(host, _outcome(columns))


def of_host(store: Store, host_id: int) -> Web | None:
    """Return how the pages of a host compare; None if no page was requested over both families."""
    return next((_outcome(columns) for _, *columns in store.query(_SITE, (host_id, host_id))), None)


def _outcome(columns: Sequence[Any]) -> Web:
    size = len(_Page._fields)
    return compare(_Page(*columns[:size]), _Page(*columns[size:]))


def compare(four: Any, six: Any) -> Web:
    """Compare the page over IPv4 with that over IPv6."""
    if four.unsent or six.unsent or (four.status_code is None and six.status_code is None):
        return Web.UNTESTABLE
    if six.status_code is None:
        return Web.ONLY_V4
    if four.status_code is None:
        return Web.ONLY_V6
    if four.status_code != six.status_code and {four.status_code, six.status_code}.intersection(_BLOCKED):
        return Web.UNTESTABLE
    word = next((word for word, differs in _DIFFERENCES if differs(four, six)), Web.SAME)
    return Web.UNTESTABLE if word in _CHANGING and abs(four.asked_at - six.asked_at) > _APART_S else word


def _certificates_differ(four: _Page, six: _Page) -> bool:
    """Return whether certificates differ to a visitor: machines of one site may have different valid ones."""
    return four.tls != six.tls or (four.tls != "ok" and four.certificate != six.certificate)


def _contents_differ(four: _Page, six: _Page) -> bool:
    if four.sketch is None or six.sketch is None:
        return four.sketch != six.sketch
    return similarity(four.sketch, six.sketch) < 1 - TOLERANCE


def similarity(first_sketch: bytes, second_sketch: bytes) -> float:
    """Estimate the share of the words of two pages that both have, from their sketches."""
    first, second = ({sketch[at : at + _HASH_BYTES] for at in range(0, len(sketch), _HASH_BYTES)} for sketch in
                     (first_sketch, second_sketch))  # fmt: skip
    sample = sorted(first | second)[:_HASHES]
    return sum(word in first and word in second for word in sample) / len(sample) if sample else 1.0


_DIFFERENCES: Final = (
    (Web.PORTS_DIFFER, lambda four, six: four.scheme != six.scheme),
    (Web.CERTIFICATE_DIFFERS, _certificates_differ),
    (Web.STATUS_DIFFERS, lambda four, six: four.status_code != six.status_code),
    (Web.REDIRECT_DIFFERS, lambda four, six: four.location != six.location),
    (Web.CONTENT_DIFFERS, _contents_differ),
)

# What may change with time instead of the family.
_CHANGING: Final = (Web.STATUS_DIFFERS, Web.REDIRECT_DIFFERS, Web.CONTENT_DIFFERS)

# The page of each side: over https if there is a response, otherwise over http.
_BEST: Final = f"""
    SELECT host_id, address_id, scheme, tls, certificate_sha256, status_code, location, sketch,
           ifnull(failure IN {UNSENT}, 0) AS unsent, asked_at,
           row_number() OVER (PARTITION BY host_id, address_id ORDER BY status_code IS NULL, scheme DESC) AS rank
    FROM web_pages WHERE host_id"""
_COLUMNS: Final = ", ".join(
    f"{side}.{column}"
    for side in ("four", "six")
    for column in ("scheme", "tls", "certificate_sha256", "status_code", "location", "sketch", "unsent", "asked_at")
)


def _pages(which: str) -> str:
    """Return SQL for the pages of both families of some hosts; `which` completes conditions about `host_id`."""
    return f"""
        WITH both AS ({BOTH} AND four.host_id {which}), best AS ({_BEST} {which})
        SELECT host, {_COLUMNS} FROM both
        JOIN best AS four ON four.host_id = both.host_id AND four.address_id = four_id AND four.rank = 1
        JOIN best AS six ON six.host_id = both.host_id AND six.address_id = six_id AND six.rank = 1"""


_SITES: Final = _pages("IS NOT NULL")
_SITE: Final = _pages("= ?")
