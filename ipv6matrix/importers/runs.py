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
# Runs that a sentence lists.
_LISTED: Final = 20


def started_at(run: str) -> int:
    """Give the start of a run in seconds since 1970 UTC; raises ImportRefusedError for a name of another form."""
    try:
        # strptime alone takes months and days of one digit as well.
        text = re.findall(rf"^{_FORM}\Z", run, re.ASCII)[0]
        return int(datetime.strptime(text, "%Y-%m-%d__%H-%M-%S").replace(tzinfo=UTC).timestamp())
    except (IndexError, ValueError):
        raise ImportRefusedError(
            f"{run!r} is no name of a run: give its start in UTC with --run, as 2022-05-06__07-08-09"
        ) from None


def of_file(path: Path) -> str:
    """Read the run in the name of a database, ips-<run>.db; raises ImportRefusedError when it has none."""
    match = re.fullmatch(rf"ips-({_FORM})\.db", path.name, re.ASCII)
    if match is None:
        raise ImportRefusedError(
            f"the name of {str(path)!r} does not say which run it holds:"
            " give the start in UTC with --run, as 2022-05-06__07-08-09"
        )
    return match[1]


def folders(output_dir: Path, run: str) -> list[Path]:
    """Give the folders <tld>/<run>, by TLD; raises ImportRefusedError, which lists the runs that are there."""
    found = sorted(folder for folder in output_dir.glob(f"*/{run}") if folder.is_dir())
    if found:
        return found
    there = sorted({path.name for path in output_dir.glob("*/*") if re.fullmatch(_FORM, path.name, re.ASCII)})
    if not there:
        raise ImportRefusedError(
            f"{str(output_dir)!r} holds no CSV files: name the folder in which each TLD has its own"
        )
    more = f" and {len(there) - _LISTED:,} older ones" if len(there) > _LISTED else ""
    raise ImportRefusedError(
        f"{str(output_dir)!r} holds no run {run}: give one that is there with --run: "
        + ", ".join(reversed(there[-_LISTED:]))
        + more
    )
