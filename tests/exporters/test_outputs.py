"""Atomic output files, and the run that names them."""

from __future__ import annotations

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters.outputs import run_of, whole
from ipv6matrix.store.database import Store
from tests import opened
from tests.exporters import made


def test_a_file_is_renamed_at_the_end(tmp_path):
    """Output goes to a temporary file in the same folder, which is gone when the file exists."""
    with whole(tmp_path / "new" / "file") as beside:
        beside.write_text("all of it")
        assert ["file.part"] == [path.name for path in (tmp_path / "new").iterdir()]

    assert ["all of it"] == [path.read_text() for path in (tmp_path / "new").iterdir()]


def test_an_existing_file_stays_if_writing_fails(tmp_path):
    """An error while writing leaves the old file and nothing else."""
    (tmp_path / "file").write_text("old")

    with pytest.raises(ZeroDivisionError), whole(tmp_path / "file") as beside:
        beside.write_text(str(1 / 0))

    assert {"file": "old"} == {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_a_full_disk_is_reported(tmp_path):
    """The error has the system's message, the name of the file and the fix."""
    (tmp_path / "file.part").symlink_to("/dev/full")

    with (
        pytest.raises(ExportError, match=r"'.*/file' \(No space left on device\).*\[OUTPUT_NOT_WRITABLE\]"),
        whole(tmp_path / "file") as beside,
    ):
        beside.write_text("too much")

    assert [] == list(tmp_path.iterdir())


def test_an_impossible_folder_is_reported(tmp_path):
    """A file in the place of a folder is reported in the same way."""
    (tmp_path / "folder").write_text("a file")

    with pytest.raises(ExportError, match="OUTPUT_NOT_WRITABLE"), whole(tmp_path / "folder" / "file"):
        pass


def test_the_run_is_that_of_the_crawl(tmp_path):
    """It is read from the row of the crawl."""
    assert made.RUN == run_of(made.crawl(tmp_path / "ips.db"))


@pytest.mark.parametrize("run", ["..", "2023-11-14/../../x", "", "2023-11-14 x"])
def test_a_run_outside_the_folder_is_rejected(tmp_path, run):
    """A foreign database cannot choose the location of files."""
    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        run_of(made.crawl(tmp_path / "ips.db", run=run))


def test_a_database_without_a_crawl_is_rejected(tmp_path):
    """Without a started crawl there is no run."""
    Store(tmp_path / "ips.db").close()

    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        run_of(opened.read(tmp_path / "ips.db"))
