"""What commands that read a crawl have in common."""

from __future__ import annotations

import pytest

from ipv6matrix.store.database import Store
from tests import typed
from tests.first_version import write_database
from tests.samples import domain_item

pytestmark = pytest.mark.crawl


@pytest.mark.parametrize("command", [("summary",), ("export", "csv"), ("report",)])
def test_a_damaged_file_is_reported(tmp_path, command):
    """If a page in the middle is broken the error names the file and the fix, and no partial output is left."""
    path = tmp_path / "ips.db"
    store = Store(path)
    for number in range(3000):
        store.complete(domain_item(f"{number}.example"))
    record = {"version": "v", "settings": "{}", "list": "l", "list_sha256": "s", "resolver": "r", "skipped": "{}"}
    store.record_crawl(run="2024-01-05__10-00-00", started_at=1, starts=1, end_reason="finished", **record)
    store.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    path.write_bytes(content)

    ended = typed.run(*command, path, OUTPUT_DIR=tmp_path)

    assert 2 == ended.returncode, ended.stderr
    assert f"'{path}'" in ended.stderr
    assert "DATABASE_FAILED" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [path] == [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_file_of_an_earlier_version_is_migrated(tmp_path):
    """
    A crawl from before the last change of the schema is read like any other, and has the current schema afterwards.
    """
    path = tmp_path / "ips.db"
    write_database(path)

    for note in (f"Migrating {path}", ""):
        ended = typed.run("summary", path)
        assert 0 == ended.returncode
        assert ended.stderr.startswith(note)
        assert f"Results: {path}" in ended.stdout
    assert "" == ended.stderr
