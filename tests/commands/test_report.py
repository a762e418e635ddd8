"""The command `scrapy report`."""

from __future__ import annotations

from functools import partial

import pytest

from tests import typed
from tests.exporters import made
from tests.samples import domain_item

pytestmark = pytest.mark.crawl

run = partial(typed.run, "report")


def test_a_file_becomes_a_page(tmp_path):
    """The page is in OUTPUT_DIR and named after the run; the output has its path."""
    made.crawl(tmp_path / "ips.db", domain_item("a.example")).close()

    ended = run(tmp_path / "ips.db", "-s", f"OUTPUT_DIR={tmp_path / 'out'}")

    path = tmp_path / "out" / f"report-{made.RUN}.html"
    assert 0 == ended.returncode, ended.stderr
    assert path.is_file()
    assert str(path) in ended.stdout


def test_without_a_file_the_newest_is_reported(tmp_path):
    """The newest finished crawl of OUTPUT_DIR is the one that started last."""
    for run_name in ("2024-01-05__10-00-00", "2024-02-05__10-00-00"):
        made.crawl(tmp_path / f"ips-{run_name}.db", run=run_name).close()

    assert 0 == run("-s", f"OUTPUT_DIR={tmp_path}").returncode
    assert ["report-2024-02-05__10-00-00.html"] == [path.name for path in tmp_path.glob("*.html")]


def test_an_unwritable_report_is_an_error(tmp_path):
    """An error and status 2, no traceback."""
    made.crawl(tmp_path / "ips.db").close()
    (tmp_path / "out").write_text("a file")

    ended = run(tmp_path / "ips.db", "-s", f"OUTPUT_DIR={tmp_path / 'out'}")

    assert 2 == ended.returncode
    assert "OUTPUT_NOT_WRITABLE" in ended.stderr
    assert "Traceback" not in ended.stderr
