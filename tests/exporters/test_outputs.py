"""Files that are whole or not there, and the run that names them."""

from __future__ import annotations

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters.outputs import run_of, whole
from ipv6matrix.store.database import Store
from tests import opened
from tests.exporters import made


def test_a_file_gets_its_name_at_the_end(tmp_path):
    """
    What is written goes to a name beside, which is gone when the file is there.
    """
    with whole(tmp_path / "new" / "file") as beside:
        beside.write_text("all of it")
        assert ["file.part"] == [path.name for path in (tmp_path / "new").iterdir()]

    assert ["all of it"] == [path.read_text() for path in (tmp_path / "new").iterdir()]


def test_a_file_that_was_there_stays_when_writing_fails(tmp_path):
    """
    An error in the middle leaves the old file and nothing else.
    """
    (tmp_path / "file").write_text("old")

    with pytest.raises(ZeroDivisionError), whole(tmp_path / "file") as beside:
        beside.write_text(str(1 / 0))

    assert {"file": "old"} == {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_a_full_disk_is_a_sentence(tmp_path):
    """
    What the system says is told with the name of the file and what to do.
    """
    (tmp_path / "file.part").symlink_to("/dev/full")

    with (
        pytest.raises(ExportError, match=r"'.*/file' \(No space left on device\).*\[OUTPUT_NOT_WRITABLE\]"),
        whole(tmp_path / "file") as beside,
    ):
        beside.write_text("too much")

    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path):
    """
    A file in the place of a folder is told likewise.
    """
    (tmp_path / "folder").write_text("a file")

    with pytest.raises(ExportError, match="OUTPUT_NOT_WRITABLE"), whole(tmp_path / "folder" / "file"):
        pass


def test_the_run_is_that_of_the_crawl(tmp_path):
    """
    It is read from the row that says what ran.
    """
    assert made.RUN == run_of(made.crawl(tmp_path / "ips.db"))


@pytest.mark.parametrize("run", ["..", "2023-11-14/../../x", "", "2023-11-14 x"])
def test_a_run_that_leads_elsewhere_is_refused(tmp_path, run):
    """
    A database that somebody else made cannot choose where files go.
    """
    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        run_of(made.crawl(tmp_path / "ips.db", run=run))


def test_a_database_without_a_crawl_is_refused(tmp_path):
    """
    Where no crawl has begun there is no run.
    """
    Store(tmp_path / "ips.db").close()

    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        run_of(opened.read(tmp_path / "ips.db"))
