"""Sources of stored lists."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from ipv6matrix.exceptions import ListError
from ipv6matrix.reference import sources
from ipv6matrix.reference.sources import Source
from ipv6matrix.targets import lists


def keep(folder, stem="tranco-K2XYW", name="tranco", fetched_at=1, content="1,one.example\n"):
    """Store a list and its metadata as a download does."""
    file = folder / f"{stem}.csv"
    file.write_text(content)
    source = Source(
        name=name,
        file=str(file),
        url="http://lists.example/",
        date="2026-11-01",
        id=None,
        sha256=lists.digest((file,)),
        domains=1,
        fetched_at=fetched_at,
        etag=None,
        modified=None,
    )
    sources.write(source)
    return source


def row(*sources_of_list):
    return {"list_source": json.dumps([asdict(source) for source in sources_of_list])}


def test_lists_are_ordered_oldest_first(tmp_path):
    """The newest is the one that was fetched last, whatever its name."""
    second, first = keep(tmp_path, "tranco-AAA", fetched_at=2), keep(tmp_path, "tranco-ZZZ", fetched_at=1)
    other = keep(tmp_path, "majestic-2026-11-01", "majestic", fetched_at=3)

    assert [first, second, other] == sources.downloaded(tmp_path)
    assert [first, second] == sources.downloaded(tmp_path, "tranco")
    assert second == sources.newest(tmp_path, "tranco")
    assert sources.newest(tmp_path / "nowhere", "tranco") is None


def test_a_list_without_metadata_has_no_source(tmp_path):
    """A file of the operator has no source, and neither has one with broken metadata."""
    (tmp_path / "tranco-mine.csv").write_text("1,one.example\n")
    broken = keep(tmp_path)
    (tmp_path / ".tranco-K2XYW.json").write_text("{")

    assert [] == sources.downloaded(tmp_path)
    assert sources.of(tmp_path / "tranco-mine.csv") is None
    assert sources.begun_with("tranco", row()) is None
    assert broken.file == str(tmp_path / "tranco-K2XYW.csv")


def test_metadata_without_its_list_is_ignored(tmp_path):
    """A list that was deleted is not listed."""
    keep(tmp_path)
    (tmp_path / "tranco-K2XYW.csv").unlink()

    assert [] == sources.downloaded(tmp_path)


def test_a_moved_folder_keeps_its_sources(tmp_path):
    """The path is the current one of the file."""
    (tmp_path / "before").mkdir()
    keep(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")

    assert [f"{tmp_path}/after/tranco-K2XYW.csv"] == [source.file for source in sources.downloaded(tmp_path / "after")]


def test_a_resumed_crawl_continues_with_its_list(tmp_path):
    """Its row has the name of the fetched list; a new crawl, or one of another list, has none."""
    source = keep(tmp_path)
    keep(tmp_path, "tranco-NEWER", fetched_at=9)

    assert source == sources.begun_with("tranco", row(source))
    assert sources.begun_with("majestic", row(source)) is None
    assert sources.begun_with("tranco", {"list_source": None}) is None
    assert sources.begun_with("tranco", None) is None


def test_a_deleted_list_is_reported(tmp_path):
    """A resumed crawl does not silently use another list."""
    source = keep(tmp_path)
    (tmp_path / "tranco-K2XYW.csv").unlink()

    with pytest.raises(ListError, match=r"'.*tranco-K2XYW.csv'.*\[LIST_NOT_READABLE\]"):
        sources.begun_with("tranco", row(source))


def test_a_changed_list_is_reported(tmp_path):
    """A resumed crawl does not use the same file with other contents."""
    source = keep(tmp_path)
    (tmp_path / "tranco-K2XYW.csv").write_text("1,two.example\n")

    with pytest.raises(ListError, match=r"'.*tranco-K2XYW.csv'.*\[LIST_CHANGED\]"):
        sources.begun_with("tranco", row(source))


def test_a_supplement_is_stored_next_to_the_lists(tmp_path):
    """Domains of the operator are read after a list, if there are any."""
    source = keep(tmp_path)
    assert "" == sources.supplement(source)
    (tmp_path / "supplemental.txt").write_text("mine.example\n")

    assert str(tmp_path / "supplemental.txt") == sources.supplement(source)
