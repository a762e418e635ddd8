"""The command `scrapy crawl`."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests import typed

pytestmark = pytest.mark.crawl

run = partial(typed.run, "crawl")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (
            ("matrix", "-s", "PING_COUNT=0", "-s", "MISSING=perhaps", "-a", "domains=x"),
            ["PING_COUNT='0'", "MISSING='perhaps'", "SETTING_INVALID"],
        ),
        (
            ("matrix", "-s", "PING_CUONT=3", "-s", "PROFILE=tiny", "-a", "domains=x"),
            ["PING_CUONT", "SETTING_UNKNOWN", "PROFILE: 'tiny'", "SETTING_INVALID"],
        ),
        (("matrix", "-s", "NAMESERVERS=::1", "-a", "domain=x"), ["ARGUMENT_UNKNOWN"]),
        (("matrix", "-s", "NAMESERVERS=::1"), ["LIST_MISSING"]),
        (("matrix", "-s", "NAMESERVERS=::1", "-a", "domains=x", "-a", "tag=My list"), ["TAG_INVALID", "'My list'"]),
        (("matrix", "-a", "domains=x", "-o", "found.json"), ["OPTION_NOT_SUPPORTED"]),
        (("-s", "NAMESERVERS=::1", "-a", "domains=x"), ["ARGUMENT_MISSING"]),
    ],
)
def test_invalid_settings_are_reported_before_the_start(tmp_path, arguments, parts):
    """Exit status 2, an error for each problem on standard error, no traceback, and no job."""
    ended = run(*arguments, JOBDIR=tmp_path / "current")

    assert 2 == ended.returncode
    assert [] == [part for part in parts if part not in ended.stderr]
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "current").exists()


@pytest.mark.parametrize("chosen", ["PING_CUONT=3", "PING_COUNT=0"])
def test_errors_are_in_the_log_file_too(tmp_path, chosen):
    """The log of a crawl explains why there is no crawl."""
    job = {"JOBDIR": tmp_path / "current", "LOG_FILE": tmp_path / "log"}
    ended = run("matrix", "-s", chosen, "-a", "domains=x", **job)

    log = (tmp_path / "log").read_text()
    assert 2 == ended.returncode
    assert re.search(rf"ERROR: .*{chosen.partition('=')[0]}.*\[SETTING_\w+\]", log)
    assert "Traceback" not in log


def test_a_rejected_start_ends_with_status_1(tmp_path):
    """A job that cannot be opened is a one-line error in the log, without a traceback."""
    (tmp_path / "current").write_text("a file")
    (tmp_path / "list").write_text("a.example\n")
    settings = ("-s", "NAMESERVERS=127.0.0.1:1", "-s", "QUERY_TIMEOUT=0.05", "-s", "QUERY_LIFETIME=0.1")
    ended = run("matrix", "-a", f"domains={tmp_path}/list", *settings, "-s", "METRICS=", JOBDIR=tmp_path / "current")

    assert 1 == ended.returncode
    assert f"JOBDIR '{tmp_path}/current' (File exists)" in ended.stderr
    assert "JOBDIR_NOT_WRITABLE" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("chosen", "path", "reason"),
    [
        ("PING_COUNT=3", "/dev/full", "No space left on device"),
        ("PING_COUNT=3", "/", "Is a directory"),
        ("PING_COUNT=0", "/dev/null/log", "Not a directory"),
    ],
)
def test_an_unwritable_log_prevents_the_start(tmp_path, chosen, path, reason):
    """Exit status 2 and an error on standard error, whatever else is wrong."""
    ended = run("matrix", "-s", chosen, "-a", "domains=x", JOBDIR=tmp_path / "current", LOG_FILE=path)

    assert 2 == ended.returncode
    assert (
        f"LOG_FILE='{path}' ({reason})" in ended.stderr and "LOG_NOT_WRITABLE" in ended.stderr
    ) or "PING_COUNT" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "current").exists()
