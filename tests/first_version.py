"""
A crawl by version 0.1.0, as fixtures.

`store/data/` has the ips.db of a crawl of the simulated Internet by that version
(domains with every kind of failure, the retry pass, all metrics), and its CSV export
of it.
"""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "store/data"


def write_database(path: Path) -> None:
    """Write the database as version 0.1.0 left it."""
    path.write_bytes(lzma.decompress((DATA / "ips-0.1.0.db.xz").read_bytes()))
