"""Figures as text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ipv6matrix.measurements import REGISTRY
from ipv6matrix.progress import texts
from ipv6matrix.progress.figures import Figures, Listing, figures
from ipv6matrix.progress.pace import Pace
from ipv6matrix.store.counts import Counts


def made(*, ended=False, again=0, second_pass=True, failures=()) -> Figures:
    counts = Counts()
    counts.asked.update({"dns": 9000, "domains": 1200, "hosts": 8400, "ping": 500, "tcp": 500, "trace": 500})
    counts.done.update({"dns": 8900, "domains": 1100, "hosts": 8300, "ping": 490, "tcp": 480, "trace": 200})
    counts.asked["dns again"] = again
    counts.outcomes.update(dict(failures))
    pace = Pace(
        per_second={"dns": 90.0, "domains": 11.0, "hosts": 83.0, "ping": 4.0, "tcp": 4.0, "trace": 2.0},
        per_domain=dict.fromkeys(REGISTRY.slots, 0.0)
        | {"dns": 9.0, "domains": 1.0, "hosts": 7.0, "ping": 0.5, "tcp": 0.5, "trace": 0.5},
    )
    return figures(counts, Listing(lines=11_200, read=1200, ended=ended), pace, second_pass=second_pass)


def printed(page):
    console = Console(file=io.StringIO(), width=120)
    console.print(page)
    return console.file.getvalue()


def test_a_line_has_all_figures():
    """Subjects, speed, pending requests of each slot, failures and time fit into a line of the log."""
    assert (
        "1,100 domains (11.0/s), 10,100 left, 8,300 hosts, 200 addresses;"
        " to ask: dns 100, ping 10, tcp 20, trace 300; failures: tcp timeout 7; ETA 44 min to the retry pass"
    ) == texts.line(made(failures=[(("tcp", "timeout"), 7)]))


def test_a_page_has_all_figures():
    """Each subject and slot has a row: done, remaining, pending, and a rate."""
    page = printed(texts.page(made()))
    rows = {words[0]: words[1:] for line in page.splitlines() if (words := line.split())}

    assert ["1,100", "10,100", "100", "11.0"] == rows["domains"]
    assert ["200", "5,300", "300", "2.0"] == rows["addresses"] == rows["trace"]
    assert "ETA  44 min to the retry pass" in page


def test_a_crawl_that_is_not_running_has_no_time():
    """Without a running process no end can be expected."""
    assert "ETA" not in printed(texts.page(made(), runs=False))


def test_missing_data_is_reported():
    """If there is no estimate the text says so, without a number."""
    nothing = figures(Counts(), Listing(), Pace(per_second={}, per_domain={}))

    assert "? left" in texts.line(nothing)
    assert texts.line(nothing).endswith("failures: none; ETA estimating to the retry pass")


@pytest.mark.parametrize(
    ("more", "expected"),
    [({"again": 5}, "44 min"), ({"second_pass": False}, "44 min"), ({}, "44 min to the retry pass")],
)
def test_the_time_names_its_pass(more, expected):
    """The requests of the retry pass are unknown before it starts."""
    assert expected == texts.eta(made(**more))


def test_an_outage_replaces_the_time():
    """While a dependency is down, its name takes the place of the remaining time."""
    assert "unknown, waiting for dns, ipv6" == texts.eta(made(), ("dns", "ipv6"))


def test_only_the_most_frequent_failures_are_listed():
    """Six failures have names, the others a sum."""
    failures = [(("dns", word), number) for number, word in enumerate(WORDS, start=1)]

    shown = texts.failures(made(failures=failures))

    assert shown.startswith("dns not_smtp 8, ")
    assert shown.endswith(", dns servfail 3, others 3")


WORDS = (
    "timeout",
    "refused",
    "servfail",
    "formerr",
    "notimp",
    "bad_reply",
    "connection_closed",
    "not_smtp",
)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 s"),
        (89.0, "89 s"),
        (90.0, "2 min"),
        (5_000.0, "83 min"),
        (5_400.0, "1 h 30 min"),
        (7_170.0, "2 h 00 min"),
        (172_800.0, "2 d 0 h"),
    ],
)
def test_a_time_is_rounded_to_its_accuracy(seconds, expected):
    """Seconds, minutes, hours or days match the accuracy of an estimate."""
    assert expected == texts.duration(seconds)
