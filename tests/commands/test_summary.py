"""scrapy summary, as it is typed."""

from __future__ import annotations

from functools import partial

from ipv6matrix.store.database import Store
from tests import typed
from tests.samples import domain_item

run = partial(typed.run, "summary")


def finished(path, domains):
    """Make a database with a few domains."""
    store = Store(path)
    for name in domains:
        store.complete(domain_item(name))
    store.close()
    return path


def test_a_file_is_summed_up(tmp_path):
    """
    The table names how many domains were asked, and where the results are.
    """
    path = finished(tmp_path / "ips.db", ["a.example", "b.example"])

    ended = run(path)

    assert 0 == ended.returncode, ended.stderr
    assert ["2"] == [line.split("│")[2].strip() for line in ended.stdout.splitlines() if line.startswith("│ domains  ")]
    assert f"Results: {path}" in ended.stdout


def test_without_a_file_the_newest_is_taken(tmp_path):
    """
    Runs are named by their start, so the last name is the newest.
    """
    finished(tmp_path / "ips-2024-01-05__10-00-00.db", ["a.example"])
    newest = finished(tmp_path / "ips-2024-02-05__10-00-00.db", ["b.example"])

    assert f"Results: {newest}" in run("-s", f"OUTPUT_DIR={tmp_path}").stdout


def test_what_cannot_be_read_is_told(tmp_path):
    """
    No file, a file of something else, an empty folder: a sentence and status 2, no traceback.
    """
    other = tmp_path / "other.db"
    other.write_text("no database" * 100)

    for arguments, code in (
        ((tmp_path / "none.db",), "CRAWL_MISSING"),
        ((other,), "DATABASE_"),
        (("-s", f"OUTPUT_DIR={tmp_path}"), "CRAWL_MISSING"),
    ):
        ended = run(*arguments)
        assert 2 == ended.returncode
        assert code in ended.stderr
        assert "Traceback" not in ended.stderr
