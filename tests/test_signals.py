"""Signals of ours."""

from __future__ import annotations

from scrapy import signals as of_scrapy

from ipv6matrix import signals


def test_our_signals_are_not_scrapy_s():
    """
    A signal is told apart by what it is: ours wakes nobody who listens to Scrapy.
    """
    theirs = [getattr(of_scrapy, name) for name in dir(of_scrapy) if not name.startswith("_")]

    assert not any(signals.frontier_hungry is signal for signal in theirs)
