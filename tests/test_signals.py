"""Signals of this project."""

from __future__ import annotations

from scrapy import signals as of_scrapy

from ipv6matrix import signals


def test_our_signals_differ_from_scrapy_s():
    """A signal is identified by its object: ours reach no receiver of Scrapy's."""
    theirs = [getattr(of_scrapy, name) for name in dir(of_scrapy) if not name.startswith("_")]

    assert not any(signals.frontier_hungry is signal for signal in theirs)
