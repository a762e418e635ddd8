"""The log of a crawl."""

from __future__ import annotations

import errno
import io
import logging
import os

import pytest
from scrapy.exceptions import DropItem

from ipv6matrix import log as module
from ipv6matrix import settings
from ipv6matrix.log import LogWatch, QuietLogFormatter, problem
from tests.crawlers import crawler
from tests.samples import domain_item


def test_single_requests_and_items_are_not_logged():
    """Successful requests and items are not logged."""
    formatter = QuietLogFormatter()

    assert formatter.crawled(None, None, None) is None
    assert formatter.scraped(None, None, None) is None


def test_a_dropped_item_is_logged():
    """An item that is dropped is a bug, and logged."""
    logged = QuietLogFormatter().dropped(
        domain_item("a.example"), DropItem("impossible", log_level="ERROR"), None, None
    )

    assert "impossible" in str(logged["msg"] % logged["args"])


def test_the_project_uses_this_formatter(tmp_path):
    """The setting LOG_FORMATTER names this formatter."""
    assert isinstance(crawler(tmp_path).logformatter, QuietLogFormatter)
    assert "INFO" == settings.LOG_LEVEL


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/dev/full", "No space left on device"), ("", "Is a directory"), ("none/log", "No such file or directory")],
)
def test_an_unwritable_log_is_found(tmp_path, path, reason):
    """A full disk, a folder and a missing folder each lead to the system's error message."""
    assert reason == problem(path if path.startswith("/") else str(tmp_path / path))


def test_a_pipe_without_a_reader_is_not_a_log(tmp_path):
    """Opening it would wait for a reader that may never come."""
    os.mkfifo(tmp_path / "log")

    assert problem(str(tmp_path / "log")) is not None


def test_a_writable_log_keeps_its_contents(tmp_path):
    """The file is appended to, and created if it does not exist."""
    (tmp_path / "log").write_text("before\n")

    assert [None, None] == [problem(str(tmp_path / name)) for name in ("log", "new")]
    assert (tmp_path / "log").read_text().startswith("before\n")


class Full(io.StringIO):
    """A file on a full disk."""

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_lost_records_are_counted_and_reported_once(monkeypatch, capsys):
    """The first failure is reported on standard error, without a traceback; all are counted."""
    handler = logging.StreamHandler(Full())
    monkeypatch.setattr(module, "get_scrapy_root_handler", lambda: handler)
    watch = LogWatch()
    watch.begin()
    for number in range(3):
        handler.handle(logging.LogRecord("x", logging.INFO, "", 0, "record %d", (number,), None))

    assert 3 == watch.lost
    printed = capsys.readouterr().err
    assert 1 == printed.count("The log cannot be written (No space left on device)")
    assert "Traceback" not in printed
