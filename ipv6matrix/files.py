"""
Files that are complete or absent, even after a power cut.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to a file, and rename it to the file on success; after an error nothing is left."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        yield temporary
        flush(temporary)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def flush(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
