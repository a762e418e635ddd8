"""Rank brackets of domains."""

from __future__ import annotations

import pytest

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.ranks import NO_BRACKET, Brackets
from tests import opened
from tests.samples import domain_item
from tests.urls import again, domain, host

NAMES = [f"d{number}.example" for number in range(1, 13)]
TYPES = ("NS", "MX")


def brackets(tmp_path, ranks, bounds=(2, 5, 100)):
    """Return the brackets of the domains of a list with so many ranks, whose answers came in another order."""
    store = Store(tmp_path / "ips.db")
    store.record_crawl(
        run="r", version="1", settings="{}", list="", list_sha256="", started_at=0, starts=1, resolver="", skipped="{}",
        ranks=ranks,
    )  # fmt: skip
    for name in NAMES:
        # Hosts and domains with names that contain this one come before it.
        store.add_request(host(name))
        store.add_request(domain(f"{name}.example", TYPES))
        store.add_request(domain(name, TYPES))
    for name in reversed(NAMES):
        store.add_request(again(domain(name, TYPES)))
        store.complete(domain_item(name, url=domain(name, TYPES)))
    store.close()
    of = Brackets(opened.read(store.path), bounds)
    return [of.of(name) for name in NAMES]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        (12, [2] * 2 + [5] * 3 + [100] * 7),
        (1000, [2] * 2 + [5] * 3 + [100] * 7),
        (7, [2] * 2 + [5] * 3 + [100] * 2 + [NO_BRACKET] * 5),
        (5, [2] * 2 + [5] * 3 + [NO_BRACKET] * 7),
        (1, [2] + [NO_BRACKET] * 11),
        (0, [NO_BRACKET] * 12),
    ],
)
def test_brackets_follow_the_order_of_the_list(tmp_path, ranks, expected):
    """Domains are in the first bracket whose bound their rank does not exceed; those after the ranks are in none."""
    assert expected == brackets(tmp_path, ranks)


def test_a_domain_that_is_not_in_the_crawl_has_no_bracket(tmp_path):
    """Nor has any domain of an imported crawl, which has no requests."""
    brackets(tmp_path, 12)

    assert NO_BRACKET == Brackets(opened.read(tmp_path / "ips.db")).of("other.example")
