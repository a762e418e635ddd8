"""
What the files of an export share: the run they are named by, and that each is there whole or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ipv6matrix.exceptions import ExportError
from ipv6matrix.store.database import Store


def run_of(store: Store) -> str:
    """Return the name of the run; raises ExportError for a database that has none, or one that leads elsewhere."""
    run = str((store.crawl() or {}).get("run"))
    if not re.fullmatch(r"\d{4}-[\w-]+", run, re.ASCII):
        raise ExportError(f"{str(store.path)!r} does not say which run it holds: name the ips.db of a crawl")
    return run


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """
    Return a name beside a file; what was written there takes the file's own name at the end.

    Raises ExportError for what the system says; after any error the file is as it was before.
    """
    beside = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _flush(beside)
        beside.replace(path)
    except OSError as error:
        raise ExportError(
            f"cannot write {str(path)!r} ({error.strerror or error}): make room there, or name another folder"
            " with -s OUTPUT_DIR="
        ) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def _flush(path: Path) -> None:
    """Have a file written to the disk itself, before its name says that it is whole."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
