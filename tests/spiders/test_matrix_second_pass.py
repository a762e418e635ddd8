"""The spider's reaction to answers of the retry pass."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    DomainObservation,
    Exclusion,
    HostObservation,
    HostsObservation,
    PingObservation,
    ReverseObservation,
    Role,
    Status,
    TcpObservation,
)
from tests import urls
from tests.samples import AT, lookup
from tests.spiders.parsing import parsed


def test_a_retried_domain_leads_to_the_hosts_it_names(spider):
    """The repeated lookups are in the item; guessed hosts were requested in the first pass, whatever its result."""
    url = urls.again(urls.domain("a.example", ("MX",)))
    mx = lookup("a.example", "MX", (10, "mail.a.example"))
    found_urls, item = parsed(spider(), url, DomainObservation(mx=mx))

    assert [urls.host("mail.a.example")] == found_urls
    assert item.second
    assert (None, mx, None) == (item.ns, item.mx, item.soa)
    assert (Role(kind="MX", host="mail.a.example", priority=10),) == item.roles


def test_a_domain_that_is_absent_in_the_retry_pass_settles_no_guesses(spider):
    """Its guessed hosts failed too and are retried themselves."""
    url = urls.again(urls.domain("a.example", ("NS",)))
    found_urls, item = parsed(spider(), url, DomainObservation(ns=lookup("a.example", "NS", status=Status.NXDOMAIN)))

    assert ([], (), ()) == (found_urls, item.roles, item.hosts)


def test_a_retried_host_leads_to_its_addresses(spider):
    """Addresses that are found late are probed with every metric, as in the first pass."""
    url = urls.again(urls.host("www.a.example", ("AAAA",)))
    host = HostObservation(name="www.a.example", aaaa=lookup("www.a.example", "AAAA", "2600::1"))
    found_urls, item = parsed(spider(), url, HostsObservation(hosts=(host,)))

    assert urls.ping("2600::1") in found_urls
    assert not any(urls.parse(follow_up).second for follow_up in found_urls)
    assert item.second
    assert ("2600::1",) == item.hosts[0].chosen


@pytest.mark.parametrize(
    ("url", "observation"),
    [
        (urls.reverse("192.0.2.1"), ReverseObservation(lookup=lookup("x", "PTR"))),
        (urls.ping("192.0.2.1"), PingObservation(sent=5, asked_at=AT)),
        (urls.tcp("192.0.2.1", (80,), starttls=False), TcpObservation(ports=())),
        (urls.ping("192.0.2.1"), Exclusion(reason="opted_out")),
        (urls.host("www.a.example", ("AAAA",)), Exclusion(reason="opted_out")),
        (urls.domain("a.example", ("MX",)), Exclusion(reason="opted_out")),
    ],
)
def test_items_have_their_pass(spider, url, observation):
    """Only items that answer a request of the retry pass are marked as such."""
    made = spider()
    passes = [parsed(made, request_url, observation, refused_at=AT)[1].second for request_url in (url, urls.again(url))]

    assert [False, True] == passes
