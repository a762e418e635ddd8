"""
Every fact about a domain from the newest finished crawl, where its file is there.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any, Final

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import domain

log = logging.getLogger(__name__)

# Seconds that reading one domain may take.
_LIMIT: Final = 5.0


def version(file: Path | None) -> str:
    """Return the version of a file, for entity tags."""
    try:
        return f"{file.name} {file.stat().st_mtime_ns}" if file else ""
    except OSError:
        return ""


def of(file: Path | None, name: str, offset: int = 0) -> tuple[str, dict[str, Any] | None]:
    """
    Return one page of facts, or the reason why there are none: an unreadable file is not an absence.

    The reason is that of `facts_status`: found, not_in_crawl, no_file or unreadable.
    """
    if file is None:
        return "no_file", None
    until = time.monotonic() + _LIMIT
    try:
        store = Store.read(file, lambda: time.monotonic() > until)
        try:
            domain_facts = domain.facts(store, name, offset)
        finally:
            store.close()
    except StoreError as error:
        log.warning("%s", error)
        return "unreadable", None
    return ("found", domain_facts) if domain_facts else ("not_in_crawl", None)
