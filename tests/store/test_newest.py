"""Which of the finished crawls in a folder is the newest."""

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
        # The last one published was deleted.
        (("2024-01-01__00-00-00",), ("2024-01-01__00-00-00", "2024-02-01__00-00-00"), "2024-01-01__00-00-00"),
        # Two of the same second, and one that was published twice.
        (("2024-01-01__00-00-00", "2024-01-01__00-00-00-2"), (), "2024-01-01__00-00-00-2"),
        (("2024-01-01__00-00-00",), ("2024-01-01__00-00-00",) * 2, "2024-01-01__00-00-00"),
    ],
)
def test_the_newest_is_the_last_that_came(tmp_path, runs, published, expected):
    """
    Crawls that were published here go by their order, all others by name.
    """
    put(tmp_path, *runs, published=published)

    assert (expected and tmp_path / f"ips-{expected}.db") == newest(tmp_path)


def test_a_folder_that_is_not_there_has_no_crawl(tmp_path):
    """
    Nothing has been published yet.
    """
    assert newest(tmp_path / "none") is None


@pytest.mark.parametrize("name", ["ips-R.db", "ips-R-2.db", "report-R.html", "parquet/R", "example/R"])
def test_a_run_is_taken_in_whatever_form(tmp_path, name):
    """
    Results of a run keep a later one from taking its name.
    """
    assert not is_taken(tmp_path, "R")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()

    assert is_taken(tmp_path, "R")
    assert not is_taken(tmp_path, "Q")
