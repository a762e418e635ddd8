"""
Reads the texts of old files: `n/a` is None, and an invalid text is an error.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Family
from ipv6matrix.targets import lists

UNKNOWN: Final = "n/a"
# An octet of a name as \\DDD, or one behind a backslash (RFC 1035 section 5.1), which some always are in the store.
_CODED: Final = re.compile(r"\\(?:(\d{3})|.)", re.DOTALL)
_BACKSLASHED: Final = '"().;\\@$'
_READS_LIKE_ANOTHER: Final = re.compile(r"(n/a|no|[0-9.]*[0-9]|.*:.*|.*-->.*)\.", re.DOTALL)
_TRUTHS: Final = {UNKNOWN: None, "True": True, "False": False}


class BrokenError(ValueError):
    """A text is invalid; the message says why."""


def known(text: str) -> str | None:
    return None if text == UNKNOWN else text


@lru_cache(maxsize=10_000)
def domain(text: str) -> str:
    """Read the name of a domain, in any case, with or without its final dot."""
    name = lists.clean(text)
    if isinstance(name, lists.Rejected):
        raise BrokenError(f"{text!r} is not a domain")
    return name


@lru_cache(maxsize=10_000)
def host(text: str) -> str | None:
    """Read the name of a host; None for the placeholder, and for the root, which a null MX names (RFC 7505)."""
    if text == UNKNOWN:
        return None
    name = dns_name(text)
    if not text or " " in name or not name.isprintable():
        raise BrokenError(f"{text!r} is not a host")
    if not name.isascii():
        return domain(text)
    return name or None


def dns_text(text: str) -> str:
    """
    Write DNS names the way the store does: an octet that is printable stands for itself, not as \\DDD.

    Exports write some octets so that no spreadsheet takes a name for a formula.
    """
    return _CODED.sub(_canonical, text) if "\\" in text else text


def plain_text(text: str) -> str:
    """Undo the escapes \\DDD of exports in a text other than a DNS name."""
    return _CODED.sub(lambda token: chr(int(token[1])) if token[1] and int(token[1]) < 128 else token[0], text)


def _canonical(token: re.Match[str]) -> str:
    number = int(token[1] or 0)
    if not 0x20 < number < 0x7F:
        return token[0]
    return f"\\{chr(number)}" if chr(number) in _BACKSLASHED else chr(number)


def dns_name(text: str) -> str:
    """Normalise a name: lower case, no final dot. A dot after an odd number of backslashes is part of the name."""
    text = dns_text(text)
    stem = text.removesuffix(".")
    backslashes = len(stem) - len(stem.rstrip("\\"))
    return (text if backslashes % 2 else stem).lower()


@lru_cache(maxsize=50_000)
def address(text: str, family: Family | None = None) -> str | None:
    """Read an address and return it in the form of RFC 5952."""
    if text == UNKNOWN:
        return None
    try:
        parsed = ip_address(text)
    except ValueError:
        raise BrokenError(f"{text!r} is not an address") from None
    if "%" in text or family not in (None, parsed.version):
        raise BrokenError(f"{text!r} is not an IPv{family or 6} address")
    return canonical(parsed)


def reverse_name(text: str) -> str | None:
    """Read a PTR name; one that reads like something else has a final dot in files of this project (store.views)."""
    if text == UNKNOWN:
        return None
    return text[:-1] if _READS_LIKE_ANOTHER.fullmatch(text) else text


def decimal(text: str) -> float | None:
    if text == UNKNOWN:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise BrokenError(f"{text!r} is not a number")
    return value


def whole(text: str, most: int = 2**32 - 1) -> int | None:
    """Read an integer from 0 to `most`; None for the placeholder."""
    if text == UNKNOWN:
        return None
    text = text.removesuffix(".0")
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= most):
        raise BrokenError(f"{text!r} is not an integer from 0 to {most:,}")
    return int(text)


def counted(text: str, most: int = 2**32 - 1) -> int:
    """Read an integer that must not be the placeholder."""
    number = whole(text, most)
    if number is None:
        raise BrokenError(f"{text!r} is not an integer from 0 to {most:,}")
    return number


def truth(text: str) -> bool | None:
    try:
        return _TRUTHS[text]
    except KeyError:
        raise BrokenError(f"{text!r} is not True, False or n/a") from None
