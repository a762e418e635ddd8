"""
What exports share: the run that names their files, and atomic writing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipv6matrix.exceptions import ExportError
from ipv6matrix.files import replacing
from ipv6matrix.store.database import Store


def run_of(store: Store) -> str:
    """Return the name of the run; raises ExportError if the database has none, or an unsafe one."""
    run = str((store.crawl() or {}).get("run"))
    if not re.fullmatch(r"\d{4}-[\w-]+", run, re.ASCII):
        raise ExportError(
            f"{str(store.path)!r} has no valid run name: name the ips.db of a crawl", code="CRAWL_MISSING"
        )
    return run


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """
    Yield a temporary path next to a file, and rename it to the file on success.

    Raises ExportError for errors of the system; after any error the file is unchanged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            yield temporary
    except OSError as error:
        raise ExportError(
            f"Cannot write {str(path)!r} ({error.strerror or error}): free disk space or fix the permissions,"
            " or choose another folder with -s OUTPUT_DIR=",
            code="OUTPUT_NOT_WRITABLE",
        ) from error
