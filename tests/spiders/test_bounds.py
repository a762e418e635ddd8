"""How the spider limits oversized answers, and what it marks as not requested."""

from __future__ import annotations

import random

import pytest

from ipv6matrix.items import Status
from tests import urls
from tests.samples import lookup
from tests.spiders.parsing import domain, hosts, roles

NAMES = [f"h{number:04}.example" for number in range(2900)]


def shuffled(records):
    return random.Random(7).sample(records, len(records))


def test_excess_name_servers_are_dropped(spider):
    """The first by name are stored, whatever the order of the answer, and each keeps its rank in it."""
    answer = shuffled(NAMES)
    found_urls, item = domain(spider(FEATURES="NS", NS_PER_DOMAIN=3), ns=lookup("a.example", "NS", *answer))

    assert {(name, answer.index(name) + 1) for name in NAMES[:3]} == set(roles(item, "NS"))
    assert {urls.host(name) for name in NAMES[:3]} == set(found_urls)


def test_excess_mail_exchangers_are_dropped(spider):
    """Those of the lowest preferences are stored, then the first by name."""
    answer = [(20 if number else 10, name) for number, name in enumerate(reversed(NAMES))]
    found_urls, item = domain(spider(FEATURES="MX", MX_PER_DOMAIN=2), mx=lookup("a.example", "MX", *shuffled(answer)))

    assert [(NAMES[-1], 10), (NAMES[0], 20)] == roles(item, "MX")
    assert [urls.host(NAMES[-1]), urls.host(NAMES[0])] == found_urls


@pytest.mark.parametrize("number", [5, 4000])
def test_excess_addresses_are_dropped(spider, number):
    """The chosen address is stored with the smallest others, in the order of the answer; the rest is counted."""
    private = [f"10.0.{octets >> 8}.{octets & 255}" for octets in range(number)]
    answer = shuffled([*private, "11.0.0.2", "11.0.0.1"])
    _, item = hosts(spider(ADDRESSES_STORED_PER_HOST=3), *answer)
    (host,) = item.hosts

    assert ("11.0.0.1",) == host.chosen
    assert {"10.0.0.0", "10.0.0.1", "11.0.0.1"} == set(host.a.records)
    assert sorted(host.a.records, key=answer.index) == list(host.a.records)
    assert number - 1 == host.a.omitted
    assert set(host.a.records) == {address.address for address in item.addresses}


def test_all_chosen_addresses_are_stored(spider):
    """ADDRESSES_PER_HOST overrides a smaller ADDRESSES_STORED_PER_HOST."""
    _, item = hosts(spider(ADDRESSES_STORED_PER_HOST=1, ADDRESSES_PER_HOST=2), "11.0.0.3", "11.0.0.2", "11.0.0.1")

    assert {"11.0.0.1", "11.0.0.2"} == set(item.hosts[0].a.records)


def test_inferred_guesses_are_marked(spider):
    """A guessed host below a name that does not exist is absent by inference (RFC 8020), which is not an answer."""
    _, item = domain(spider(), ns=lookup("a.example", "NS", status=Status.NXDOMAIN))

    assert item.hosts
    assert all(host.a.inferred and host.aaaa.inferred for host in item.hosts)
