"""A page at the bottom of a terminal."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from scrapy.settings import Settings

from ipv6matrix.progress.display import Display, is_wanted


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Gone(Terminal):
    """A terminal that was closed."""

    def write(self, text):
        raise OSError(5, "Input/output error")


def become(monkeypatch, terminal):
    """Make a terminal, or another stream, standard error; not in a fixture, because pytest replaces it afterwards."""
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("SCRAPYD_JOB", "SCRAPY_JOB"):
        monkeypatch.delenv(name, raising=False)
    return terminal


def test_the_last_page_stays(monkeypatch):
    """The most recently drawn page is visible after the end."""
    terminal = become(monkeypatch, Terminal())
    display = Display()
    display.start()
    display.draw("one domain")
    display.draw("two domains")
    display.stop()

    assert terminal.getvalue().index("one domain") < terminal.getvalue().rindex("two domains")
    assert terminal is sys.stderr


def test_the_log_scrolls_above_the_page(monkeypatch):
    """An existing handler redraws the page below its line, and has its stream back at the end."""
    terminal = become(monkeypatch, Terminal())
    handler = logging.StreamHandler(terminal)
    monkeypatch.setattr(logging.root, "handlers", [handler])
    display = Display()
    display.start()
    display.draw("the page")
    logging.getLogger("tests").warning("a line of the log")
    display.stop()

    written = terminal.getvalue()
    assert written.index("a line of the log") < written.rindex("the page")
    assert handler.stream is terminal


def test_a_closed_terminal_is_not_an_error(monkeypatch):
    """The page is no longer visible; the crawl goes on, or ends by its signal."""
    display = Display()
    become(monkeypatch, Terminal())
    display.start()
    become(monkeypatch, Gone())
    display.draw("the page")
    display.stop()

    assert isinstance(sys.stderr, Terminal)


def test_a_terminal_has_a_page(monkeypatch):
    """A page is drawn on a terminal."""
    become(monkeypatch, Terminal())

    assert is_wanted(Settings())


@pytest.mark.parametrize("variable", ["SCRAPYD_JOB", "SCRAPY_JOB"])
def test_scrapyd_has_no_page(monkeypatch, variable):
    """A job of scrapyd has a log, even if its server runs on a terminal."""
    become(monkeypatch, Terminal())
    monkeypatch.setenv(variable, "26d1b1a6d6f111e0be5c001e648c57f8")

    assert not is_wanted(Settings())


def test_without_a_terminal_there_is_no_page(monkeypatch):
    """A file, a pipe, a log file and a terminal without cursor movement get lines."""
    become(monkeypatch, io.StringIO())
    assert not is_wanted(Settings())

    become(monkeypatch, Terminal())
    assert not is_wanted(Settings({"LOG_FILE": "crawl.log"}))

    monkeypatch.setenv("TERM", "dumb")
    assert not is_wanted(Settings())
