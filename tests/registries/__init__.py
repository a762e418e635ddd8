"""
IANA registries that determine which addresses may be probed, as CSV files with their source and date.

Copies of the relevant columns. If a registry changes, update the file and its date, and
`tests/test_policy_registries.py` shows what the tables of `ipv6matrix/targets/policy.py` lack.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    """Read one registry; lines with `#` are comments."""
    lines = (FOLDER / f"{name}.csv").read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))
