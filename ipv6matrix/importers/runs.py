"""
Names of runs: YYYY-MM-DD__HH-MM-SS, the start in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ipv6matrix.exceptions import ImportRefusedError

_FORM: Final = r"\d{4}-\d\d-\d\d__\d\d-\d\d-\d\d"
# Number of runs that an error message lists.
_LISTED: Final = 20


def started_at(run: str) -> int:
    """Return the start of a run in seconds since 1970 UTC; raises ImportRefusedError for an invalid name."""
    try:
        # strptime also accepts months and days of one digit.
        text = re.findall(rf"^{_FORM}\Z", run, re.ASCII)[0]
        return int(datetime.strptime(text, "%Y-%m-%d__%H-%M-%S").replace(tzinfo=UTC).timestamp())
    except (IndexError, ValueError):
        raise ImportRefusedError(
            f"Invalid run {run!r}: pass its start in UTC, e.g. --run 2022-05-06__07-08-09", code="IMPORT_RUN_INVALID"
        ) from None


def of_file(path: Path) -> str:
    """Read the run from the name of a database, ips-<run>.db; raises ImportRefusedError if it has none."""
    match = re.fullmatch(rf"ips-({_FORM})\.db", path.name, re.ASCII)
    if match is None:
        raise ImportRefusedError(
            f"The name of {str(path)!r} does not contain a run: pass the start in UTC, e.g. --run 2022-05-06__07-08-09",
            code="IMPORT_RUN_MISSING",
        )
    return match[1]


def folders(output_dir: Path, run: str) -> list[Path]:
    """Return the folders <tld>/<run>, by TLD; raises ImportRefusedError, which lists the existing runs."""
    matches = sorted(folder for folder in output_dir.glob(f"*/{run}") if folder.is_dir())
    if matches:
        return matches
    runs = sorted({path.name for path in output_dir.glob("*/*") if re.fullmatch(_FORM, path.name, re.ASCII)})
    if not runs:
        raise ImportRefusedError(
            f"{str(output_dir)!r} contains no CSV files: name the folder that has a folder for each TLD",
            code="IMPORT_EMPTY",
        )
    more = f" and {len(runs) - _LISTED:,} older" if len(runs) > _LISTED else ""
    raise ImportRefusedError(
        f"{str(output_dir)!r} has no run {run}: pass an existing one with --run: "
        + ", ".join(reversed(runs[-_LISTED:]))
        + more,
        code="IMPORT_RUN_MISSING",
    )
