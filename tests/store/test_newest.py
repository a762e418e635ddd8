"""Which finished crawl in a folder is the newest."""

from __future__ import annotations

import pytest

from ipv6matrix.store.newest import is_taken, newest, note


def put(folder, *runs, published=()):
    for run in runs:
        (folder / f"ips-{run}.db").touch()
    for run in published:
        note(folder / f"ips-{run}.db")


@pytest.mark.parametrize(
    ("runs", "published", "expected"),
    [
        ((), (), None),
        (("2024-01-01__00-00-00", "2024-02-01__00-00-00"), (), "2024-02-01__00-00-00"),
        # The clock was ahead during the first crawl.
        (("2024-02-01__00-00-00", "2024-01-01__00-00-00"),) * 2 + ("2024-01-01__00-00-00",),
        # An older crawl is imported later, a newer one copied from elsewhere.
        (("2024-01-01__00-00-00", "2022-01-01__00-00-00"), ("2024-01-01__00-00-00",), "2024-01-01__00-00-00"),
        (("2024-01-01__00-00-00", "2024-03-01__00-00-00"), ("2024-01-01__00-00-00",), "2024-03-01__00-00-00"),
        # The most recently published one was deleted.
        (("2024-01-01__00-00-00",), ("2024-01-01__00-00-00", "2024-02-01__00-00-00"), "2024-01-01__00-00-00"),
        # Two of the same second, and one published twice.
        (("2024-01-01__00-00-00", "2024-01-01__00-00-00-2"), (), "2024-01-01__00-00-00-2"),
        (("2024-01-01__00-00-00",), ("2024-01-01__00-00-00",) * 2, "2024-01-01__00-00-00"),
    ],
)
def test_the_newest_is_the_last_published(tmp_path, runs, published, expected):
    """Crawls published on this machine are ordered by publication, all others by name."""
    put(tmp_path, *runs, published=published)

    assert (expected and tmp_path / f"ips-{expected}.db") == newest(tmp_path)


def test_a_missing_folder_has_no_crawl(tmp_path):
    """A folder that does not exist means that nothing has been published yet."""
    assert newest(tmp_path / "none") is None


@pytest.mark.parametrize("name", ["ips-R.db", "ips-R-2.db", "report-R.html", "parquet/R", "example/R"])
def test_a_run_name_is_taken_in_any_format(tmp_path, name):
    """Results of a run in any format prevent a later run from taking its name."""
    assert not is_taken(tmp_path, "R")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()

    assert is_taken(tmp_path, "R")
    assert not is_taken(tmp_path, "Q")
