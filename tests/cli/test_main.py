"""The command `ipv6matrix`, from folders outside the project."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ipv6matrix.store.database import Store
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

# A foreign project, and an invalid file.
FOREIGN = "[settings]\ndefault = other.settings\n"
BROKEN = "settings = [none\n"


def run(folder, *words, timeout_s=120, **variables):
    """Run the command in a folder, as its console script would."""
    return subprocess.run(
        [sys.executable, "-m", "ipv6matrix", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def options(settings):
    return [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]


def test_a_crawl_runs_in_any_folder(internet, tmp_path):
    """Even a broken scrapy.cfg changes nothing; files go below the current folder."""
    (tmp_path / "scrapy.cfg").write_text(BROKEN)
    (tmp_path / "list.txt").write_text("open.example\n")
    settings = internet.settings() | {"METRICS": "ping", "SECOND_PASS": False}

    ended = run(tmp_path, "crawl", "matrix", "-a", "domains=list.txt", *options(settings), timeout_s=300)

    assert 0 == ended.returncode, ended.stderr
    (path,) = (tmp_path / "crawls").glob("ips-*.db")
    store = Store.read(path)
    assert [("open.example",)] == store.query("SELECT name FROM domains")
    store.close()
    summary = run(tmp_path, "summary")
    assert (0, True) == (summary.returncode, f"crawls/{path.name}" in summary.stdout)


def test_variables_of_another_project_change_nothing(tmp_path):
    """The settings are those of the package, whatever scrapy.cfg and the environment say of another project."""
    (tmp_path / "scrapy.cfg").write_text(FOREIGN)
    variables = {"SCRAPY_SETTINGS_MODULE": "other.settings", "SCRAPY_PROJECT": "other", "XDG_CONFIG_HOME": "."}

    ended = run(tmp_path, "settings", "--get", "BOT_NAME", **variables)

    assert (0, "ipv6matrix") == (ended.returncode, ended.stdout.strip()), ended.stderr


@pytest.mark.parametrize("command", ["crawl", "lists", "serve"])
def test_help_names_the_program(tmp_path, command):
    """Usage and description name `ipv6matrix`, never `scrapy`."""
    ended = run(tmp_path, command, "--help")

    assert 0 == ended.returncode, ended.stderr
    assert f"ipv6matrix {command}" in ended.stdout
    assert f"scrapy {command}" not in ended.stdout


def test_output_names_the_program(tmp_path):
    """A command in the output of another one begins with `ipv6matrix`."""
    ended = run(tmp_path, "lists")

    assert (0, "No lists yet: download one with ipv6matrix lists update tranco\n") == (ended.returncode, ended.stdout)


def test_without_a_command_there_is_an_overview(tmp_path):
    """Commands of the package are listed, those of Scrapy for developers are not."""
    ended = run(tmp_path)

    assert 0 == ended.returncode, ended.stderr
    assert {"crawl", "serve", "status", "list"} <= {line.split()[0] for line in ended.stdout.splitlines() if line}
    assert "startproject" not in ended.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("novelty",), "Unknown command 'novelty': choose from "),
        (("lists", "update"), "ipv6matrix lists update majestic"),
        (("crawl", "matrix"), "-a domains=FILE"),
        (("crawl", "matrix", "-a", "domains=x", "-s", "PING_CUONT=3"), "SETTING_UNKNOWN"),
    ],
)
def test_an_invalid_command_line_is_an_error(tmp_path, words, message):
    """Exit status 2 and a message that names this program; no traceback."""
    ended = run(tmp_path, *words)

    assert 2 == ended.returncode
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
