"""
Text from remote parties: truncated, and without characters that affect a terminal, a page or a table.

Replaced are control characters (C0 and C1, so line ends too), bidirectional
controls (Unicode Standard Annex 9), other invisible format characters, and
surrogates, which have no UTF-8 form. The joiners U+200C and U+200D are preserved
because some scripts need them.
"""

from __future__ import annotations

import re
from typing import Final

MAX_CHARACTERS: Final = 500

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def cleaned(text: str) -> str:
    """Return at most MAX_CHARACTERS of `text`, with U+FFFD in place of each unsafe character."""
    return _UNSAFE.sub("\ufffd", text[:MAX_CHARACTERS])


def decoded(octets: bytes) -> str:
    """Decode octets of unknown encoding: as UTF-8 if they are valid, otherwise as Latin-1."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
