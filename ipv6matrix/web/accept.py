"""
Content negotiation (RFC 9110 section 12.5): which media type a client prefers, whether it takes gzip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from werkzeug.datastructures import Accept, MIMEAccept
from werkzeug.http import parse_accept_header

_CHARSET: Final = re.compile(r";\s*charset\s*=[^;,]*", re.IGNORECASE)


def best(accept: str | None, offered: Sequence[str]) -> str | None:
    """
    Return the media type that a client prefers, the earlier one of two that it likes as much.

    Without a preference this is the first one; None if nothing fits.
    """
    if accept is None or not accept.strip():
        return offered[0]
    # Of text there is one charset; a client that names it wants no other type.
    return parse_accept_header(_CHARSET.sub("", accept), MIMEAccept).best_match(offered)


def takes_gzip(accept_encoding: str) -> bool:
    """Check whether a client takes gzip: it names it, or `*`, not with a weight of 0."""
    return bool(parse_accept_header(accept_encoding, Accept)["gzip"])
