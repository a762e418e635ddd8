"""
What a client would like: which of several media types (RFC 9110 section 12.5.1), which content coding (12.5.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_RANGE = re.compile(r"\s*([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)\s*(;.*)?", re.ASCII)
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE | re.ASCII)


def best(accept: str | None, offered: Sequence[str]) -> str | None:
    """
    Choose among what is offered; the earlier one when a client likes two as much.

    Without a wish the first; None when nothing fits. What is no media range is
    passed over.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = list(_ranges(accept))
    quality = {media: _quality(media, ranges) for media in offered}
    chosen = max(offered, key=lambda media: quality[media])
    return chosen if quality[chosen] > 0 else None


def takes(accept_encoding: str, coding: str) -> bool:
    """Tell whether a client takes a coding: it names it, or `*` (RFC 9110 section 12.5.3), not with a weight of 0."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, semicolon, parameters = part.partition(";")
        weights[name.strip()] = _weight(semicolon + parameters)
    return weights.get(coding, weights.get("*", 0.0)) > 0


def _ranges(accept: str) -> Iterator[tuple[str, str, float]]:
    for part in accept.lower().split(","):
        if found := _RANGE.fullmatch(part):
            kind, subtype, parameters = found.groups()
            yield kind, subtype, _weight(parameters or "")


def _weight(parameters: str) -> float:
    quality = _QUALITY.search(parameters)
    return min(float(quality[1]), 1.0) if quality else 1.0


def _quality(media: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    """Give what the most specific range says that fits."""
    kind, subtype = media.split("/")
    for wanted in ((kind, subtype), (kind, "*"), ("*", "*")):
        found = [quality for *names, quality in ranges if tuple(names) == wanted]
        if found:
            return max(found)
    return 0.0
