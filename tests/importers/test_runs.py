"""Names of runs, and where to find them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipv6matrix.exceptions import ImportRefusedError
from ipv6matrix.importers import runs
from ipv6matrix.store.newest import run_name

RUN = "2022-05-06__07-08-09"


def test_a_run_is_named_by_its_start():
    """The name is the start in UTC, in the format of a crawl."""
    assert RUN == run_name(runs.started_at(RUN))


@pytest.mark.parametrize(
    "run", ["", "2022-05-06", "2022-5-06__07-08-09", "2022-02-30__07-08-09", f"../{RUN}", f"{RUN}\n", "2022-05-06__x"]
)
def test_another_format_is_rejected(run):
    """A name that is not the start of a run is an error with the expected format."""
    with pytest.raises(ImportRefusedError, match="IMPORT_RUN_INVALID"):
        runs.started_at(run)


def test_a_database_is_named_after_its_run():
    """ips-<run>.db contains the name of its run; another name does not."""
    assert RUN == runs.of_file(Path(f"old/ips-{RUN}.db"))
    with pytest.raises(ImportRefusedError, match="IMPORT_RUN_MISSING"):
        runs.of_file(Path("old/ips.db"))


def test_the_folders_of_a_run_are_found(tmp_path):
    """Every TLD with the run is found, by name."""
    for name in (f"org/{RUN}", f"com/{RUN}", "net/2021-01-01__00-00-00", "current"):
        (tmp_path / name).mkdir(parents=True)

    assert [tmp_path / "com" / RUN, tmp_path / "org" / RUN] == runs.folders(tmp_path, RUN)


def test_existing_runs_are_listed(tmp_path):
    """If a run does not exist, the error lists those that do, the newest first."""
    for number in range(10, 32):
        (tmp_path / "com" / f"2021-01-{number}__00-00-00").mkdir(parents=True)

    with pytest.raises(ImportRefusedError) as error:
        runs.folders(tmp_path, RUN)

    assert "--run: 2021-01-31__00-00-00, 2021-01-30" in str(error.value)
    assert str(error.value).endswith("2021-01-12__00-00-00 and 2 older [IMPORT_RUN_MISSING]")


def test_a_folder_without_runs_is_reported(tmp_path):
    """A folder with other files, and a missing one, are errors."""
    with pytest.raises(ImportRefusedError, match="IMPORT_EMPTY"):
        runs.folders(tmp_path / "nowhere", RUN)
