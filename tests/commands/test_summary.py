"""The command `scrapy summary`."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest

from ipv6matrix.store.database import Store
from tests import typed
from tests.samples import domain_item
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

run = partial(typed.run, "summary")


def finished(path, domains):
    """Create a database with a few domains."""
    store = Store(path)
    for name in domains:
        store.complete(domain_item(name))
    store.close()
    return path


def test_a_file_is_summarized(tmp_path):
    """The table has the number of requested domains, and the location of the results."""
    path = finished(tmp_path / "ips.db", ["a.example", "b.example"])

    ended = run(path)

    assert 0 == ended.returncode, ended.stderr
    assert ["2"] == [line.split("│")[2].strip() for line in ended.stdout.splitlines() if line.startswith("│ domains  ")]
    assert f"Results: {path}" in ended.stdout


def test_levels_are_counted(tmp_path):
    """Domains without any host have level 0, and an unknown one if lookups are missing."""
    ended = run(finished(tmp_path / "ips.db", ["a.example", "b.example"]))

    assert 0 == ended.returncode, ended.stderr
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in ended.stdout.splitlines()]
    assert ["0", "none", "2", "0"] in cells
    assert "basis: MX, NS, WWW" in " ".join(ended.stdout.split())


def test_levels_of_many_domains_are_counted_on_request(tmp_path):
    """A large crawl would take minutes."""
    path = finished(tmp_path / "ips.db", (f"d{number}.example" for number in range(10_001)))

    asked, unasked = run(path, "--levels"), run(path)

    assert "Rules" in asked.stdout
    assert "Rules" not in unasked.stdout
    assert "--levels" in unasked.stdout


def test_without_a_file_the_newest_is_summarized(tmp_path):
    """Runs are named after their start, so the last name is the newest."""
    finished(tmp_path / "ips-2024-01-05__10-00-00.db", ["a.example"])
    newest = finished(tmp_path / "ips-2024-02-05__10-00-00.db", ["b.example"])

    assert f"Results: {newest}" in run("-s", f"OUTPUT_DIR={tmp_path}").stdout


def test_an_unreadable_crawl_is_reported(tmp_path):
    """No file, a foreign file, an empty folder: an error and status 2, no traceback."""
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


def test_commands_load_what_judges_and_draws_only_to_use_it():
    """Scrapy imports every command for each, so a crawl would load it too."""
    script = (
        "import pkgutil, sys; from importlib import import_module; from ipv6matrix import commands\n"
        "for command in pkgutil.iter_modules(commands.__path__): import_module(f'ipv6matrix.commands.{command.name}')\n"
        "print([name for name in sys.modules if name.startswith(('ipv6matrix.readiness', 'rich'))])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "[]\n" == ended.stdout
