"""
What an HTML page says: its title, a sketch of its words, and the hosts from which it loads something.

A sketch consists of the smallest hashes of the distinct words. The smallest hashes
of two pages together are a random sample of the words of both, so the share of
those in both sketches estimates how similar the pages are (Broder, "On the
resemblance and containment of documents", 1997): with 128 hashes and 10 % difference,
the standard error is 3 %.
Words with digits (dates, counters) and long ones (nonces, tokens) are left out.

No JavaScript is run, so the hosts are a lower bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from w3lib.encoding import html_to_unicode

from ipv6matrix.probes.texts import cleaned

MAX_HOSTS: Final = 100
_HASHES: Final = 128
_HASH_BYTES: Final = 4
_LONGEST_WORD: Final = 30
_WORD: Final = re.compile(r"\w+")
_TEXTS: Final = "//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
_LOADED: Final = (
    "//script/@src | //img/@src | //iframe/@src | //source/@src | //video/@src | //video/@poster | //audio/@src"
)
# Links that make a browser connect to a host; others, such as `canonical`, do not.
_RELATIONS: Final = frozenset(
    ("stylesheet", "icon", "manifest", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch")
)
# A source with a scheme or a host of a Content Security Policy (CSP Level 3 section 2.3.1), without wildcards.
_SOURCE: Final = re.compile(
    r"(?:(?:https?|wss?)://)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)(?::[0-9*]+)?(?:/\S*)?", re.IGNORECASE
)
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", re.IGNORECASE)


class Page(NamedTuple):
    """The contents of a page."""

    title: str | None
    sketch: bytes
    hosts: tuple[str, ...]
    "Each once, those of the policy last."


def is_html(content_type: str) -> bool:
    """Return whether a body of this media type is HTML; browsers assume so without one."""
    return content_type.partition(";")[0].strip().lower() in ("", "text/html", "application/xhtml+xml")


def read_page(body: bytes, url: str, content_type: str, policy: str = "", *, compared_bytes: int) -> Page:
    """
    Parse a page; title and sketch are those of its first `compared_bytes` octets.

    `policy` is the field Content-Security-Policy. Takes milliseconds, so use a thread.
    """
    page = _selector(body, content_type)
    compared = page if len(body) <= compared_bytes else _selector(body[:compared_bytes], content_type)
    title = compared.xpath("string((//title)[1])").get()
    return Page(
        title=cleaned(" ".join(title.split())) if title else None,
        sketch=sketch(_WORD.findall(" ".join(compared.xpath(_TEXTS).getall()).lower())),
        hosts=_hosts(page, url, policy),
    )


def sketch(words: Iterable[str]) -> bytes:
    """Return the smallest hashes of some words, in ascending order."""
    usable = {word for word in words if len(word) <= _LONGEST_WORD and not any(map(str.isdigit, word))}
    hashes = {blake2b(word.encode("utf-8", "replace"), digest_size=_HASH_BYTES).digest() for word in usable}
    return b"".join(sorted(hashes)[:_HASHES])


def _selector(body: bytes, content_type: str) -> Selector:
    _, text = html_to_unicode(content_type or None, body)
    # libxml2 rejects an empty document and NUL characters.
    return Selector(text=text.replace("\0", "") or "<html/>", type="html")


def _hosts(page: Selector, url: str, policy: str) -> tuple[str, ...]:
    own = urlsplit(url).hostname
    base = _join(url, page.xpath("string((//base/@href)[1])").get() or "")
    hosts = [_host(_join(base, reference)) for reference in _references(page)]
    hosts += _sources(policy)
    names = dict.fromkeys(name.lower() for name in hosts if name)
    return tuple(name for name in names if name != own)[:MAX_HOSTS]


def _references(page: Selector) -> Iterator[str]:
    yield from page.xpath(_LOADED).getall()
    for texts in page.xpath("//img/@srcset | //source/@srcset").getall():
        yield from (candidate.split()[0] for candidate in texts.split(",") if candidate.split())
    for link in page.xpath("//link[@href]"):
        if _RELATIONS.intersection(link.attrib.get("rel", "").lower().split()):
            yield link.attrib["href"]


def _sources(policy: str) -> Iterator[str]:
    """Yield the hosts from which a policy allows a page to load something: those of directives such as `img-src`."""
    for directive in policy.replace(",", ";").split(";"):
        name, *sources = directive.split() or [""]
        if name.lower().endswith("-src"):
            yield from (match[1] for source in sources if (match := _SOURCE.fullmatch(source)))


def _join(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference.strip())
    except ValueError:  # e.g. an invalid IPv6 address in brackets
        return base


def _host(url: str) -> str | None:
    """Return the host of an http URL if it is a name; addresses and internationalised names are left to the caller."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") else None
        return host.encode("idna").decode("ascii") if host and not host.isascii() else host
    except (ValueError, UnicodeError):
        return None
