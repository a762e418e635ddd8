"""scrapy report, as it is typed."""

from __future__ import annotations

from functools import partial

import pytest

from tests import typed
from tests.exporters import made
from tests.samples import domain_item

pytestmark = pytest.mark.crawl

run = partial(typed.run, "report")


def test_a_file_becomes_a_page(tmp_path):
    """
    The page lies in OUTPUT_DIR and is named by the run; the command says where.
    """
    made.crawl(tmp_path / "ips.db", domain_item("a.example")).close()

    ended = run(tmp_path / "ips.db", "-s", f"OUTPUT_DIR={tmp_path / 'out'}")

    path = tmp_path / "out" / f"report-{made.RUN}.html"
    assert 0 == ended.returncode, ended.stderr
    assert path.is_file()
    assert str(path) in ended.stdout


def test_without_a_file_the_newest_is_taken(tmp_path):
    """
    Of the finished crawls of OUTPUT_DIR, the one that began last.
    """
    for run_name in ("2024-01-05__10-00-00", "2024-02-05__10-00-00"):
        made.crawl(tmp_path / f"ips-{run_name}.db", run=run_name).close()

    assert 0 == run("-s", f"OUTPUT_DIR={tmp_path}").returncode
    assert ["report-2024-02-05__10-00-00.html"] == [path.name for path in tmp_path.glob("*.html")]


def test_what_cannot_be_written_is_told(tmp_path):
    """
    A sentence and status 2, no traceback.
    """
    made.crawl(tmp_path / "ips.db").close()
    (tmp_path / "out").write_text("a file")

    ended = run(tmp_path / "ips.db", "-s", f"OUTPUT_DIR={tmp_path / 'out'}")

    assert 2 == ended.returncode
    assert "OUTPUT_NOT_WRITABLE" in ended.stderr
    assert "Traceback" not in ended.stderr
