"""The command `scrapy export`."""

from __future__ import annotations

import signal
import subprocess
from functools import partial

import pytest

from ipv6matrix.store.database import Store
from tests import typed
from tests.samples import domain_item
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

RECORD = {"version": "v", "settings": "{}", "list": "l", "list_sha256": "s", "resolver": "r", "skipped": "{}"}


command = partial(typed.command, "export")
run = partial(typed.run, "export")


def database(path, reason="finished", domains=("a.example",)):
    store = Store(path)
    for name in domains:
        store.complete(domain_item(name))
    store.record_crawl(run="2024-01-05__10-00-00", started_at=1_704_448_800, starts=1, end_reason=reason, **RECORD)
    store.close()
    return path


def test_the_newest_crawl_is_exported(tmp_path):
    """Without a file the newest crawl of OUTPUT_DIR is exported, and the output names the location."""
    database(tmp_path / "ips-2024-01-05__10-00-00.db")

    ended = run("csv", "-s", f"OUTPUT_DIR={tmp_path}")

    assert 0 == ended.returncode, ended.stderr
    assert str(tmp_path) in ended.stdout
    assert (tmp_path / "example" / "2024-01-05__10-00-00" / "NS_example.log").exists()


def test_an_unfinished_crawl_has_a_warning(tmp_path):
    """A crawl in progress can be exported, with a line about the consequences."""
    path = database(tmp_path / "ips.db", reason=None)

    ended = run("csv", path, "-s", f"OUTPUT_DIR={tmp_path}")

    assert 0 == ended.returncode, ended.stderr
    assert f"{path} is not finished" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "ARGUMENT_MISSING"),
        (("xml",), "ARGUMENT_MISSING"),
        (("csv", "none.db"), "CRAWL_MISSING"),
        (("csv", "one.db", "two.db"), "ARGUMENT_INVALID"),
        (("csv", "-s", "OUTPUT_DIR=/nowhere"), "CRAWL_MISSING"),
        (("summary", "-s", "SUMMARY_URL=matrix"), "SETTING_INVALID"),
    ],
)
def test_invalid_arguments_are_reported(arguments, code):
    """An error that names the problem, and exit status 2."""
    ended = run(*arguments)

    assert 2 == ended.returncode
    assert code in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_an_export(tmp_path, number):
    """An interrupted export ends with the status of an interrupted command, and without a traceback."""
    path = database(tmp_path / "ips.db", domains=[f"{n}.tld{n % 500}" for n in range(20_000)])
    process = subprocess.Popen(
        command("csv", path, "-s", f"OUTPUT_DIR={tmp_path}"), cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    with process:
        while process.poll() is None and not any(tmp_path.glob("tld*")):
            pass
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert 130 == process.returncode, errors
    assert "Traceback" not in errors


def test_an_empty_summary_needs_replace(tmp_path):
    """Without --replace the command ends with status 2, and the summary of that date stays."""
    options = ("-s", f"OUTPUT_DIR={tmp_path}", "-s", f"SUMMARY_URL=sqlite:///{tmp_path}/matrix.db")
    full, empty = database(tmp_path / "full.db"), database(tmp_path / "empty.db", domains=())
    assert 0 == run("summary", full, *options).returncode

    ended = run("summary", empty, *options)
    assert 2 == ended.returncode
    assert "EXPORT_FAILED" in ended.stderr

    ended = run("summary", empty, "--replace", *options)
    assert 0 == ended.returncode, ended.stderr
    assert "in place of 1 that were there" in ended.stdout
