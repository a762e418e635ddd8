"""The spider's reaction to answers of probes, and to exclusions."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    DomainItem,
    Exclusion,
    ExclusionItem,
    Hop,
    Host,
    HostsItem,
    PingItem,
    PingObservation,
    PortObservation,
    ReverseItem,
    ReverseObservation,
    Stop,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from tests import urls
from tests.samples import AT, domain_url, lookup
from tests.spiders.parsing import parsed

# --- probes ---


@pytest.mark.parametrize(
    ("url", "observation", "item"),
    [
        (
            urls.reverse("1.0.0.1"),
            ReverseObservation(lookup=lookup("1.0.0.1.in-addr.arpa", "PTR", "one.example")),
            lambda url, seen: ReverseItem(url=url, address="1.0.0.1", lookup=seen.lookup),
        ),
        (
            urls.ping("2a00::1"),
            PingObservation(sent=5, rtts_ms=(1.5,), asked_at=AT),
            lambda url, seen: PingItem(url=url, address="2a00::1", ping=seen),
        ),
        (
            urls.tcp("2a00::1", (80,), starttls=False),
            TcpObservation(ports=(PortObservation(port=80, open=True, connect_ms=1.0, asked_at=AT),)),
            lambda url, seen: TcpItem(url=url, address="2a00::1", tcp=seen),
        ),
    ],
)
def test_an_answer_of_a_probe_is_an_item(spider, url, observation, item):
    """Probes of an address have no follow-ups."""
    assert ([], item(url, observation)) == parsed(spider(), url, observation)


def trace(*addresses):
    hops = tuple(Hop(ttl=ttl, address=address) for ttl, address in enumerate(addresses, start=1))
    return TraceObservation(hops=hops, stop=Stop.REACHED, reached_ttl=len(hops), asked_at=AT)


def test_a_path_leads_to_the_names_of_its_routers(spider):
    """Each router that may be looked up is looked up once; private and silent routers are not."""
    observation = trace("10.0.0.1", None, "1.0.0.7", "1.0.0.7", "1.0.0.1")
    found_urls, item = parsed(spider(), urls.trace("1.0.0.1"), observation)

    assert [urls.reverse("1.0.0.7"), urls.reverse("1.0.0.1")] == found_urls
    assert TraceItem(url="trace://1.0.0.1", address="1.0.0.1", trace=observation) == item


def test_without_reverse_routers_stay_nameless(spider):
    """The names of routers belong to the metric reverse."""
    found_urls, _ = parsed(spider(METRICS="path"), urls.trace("1.0.0.1"), trace("1.0.0.7", "1.0.0.1"))

    assert [] == found_urls


# --- refusals ---


@pytest.mark.parametrize(
    ("url", "item"),
    [
        (
            domain_url("a.example"),
            DomainItem(url=domain_url("a.example"), name="a.example", tld="example", refusal="opted_out", asked_at=AT),
        ),
        (
            urls.guesses("a.example", ("www", "ntp")),
            HostsItem(
                url=urls.guesses("a.example", ("www", "ntp")),
                hosts=(
                    Host(name="www.a.example", refusal="opted_out"),
                    Host(name="ntp.a.example", refusal="opted_out"),
                ),
                addresses=(),
            ),
        ),
        (
            urls.host("mail.a.example"),
            HostsItem(
                url=urls.host("mail.a.example"),
                hosts=(Host(name="mail.a.example", refusal="opted_out"),),
                addresses=(),
            ),
        ),
        *(
            (url, ExclusionItem(url=url, address="1.0.0.1", reason="opted_out"))
            for url in (
                urls.reverse("1.0.0.1"),
                urls.ping("1.0.0.1"),
                urls.tcp("1.0.0.1", (80,), starttls=False),
                urls.trace("1.0.0.1"),
            )
        ),
    ],
)
def test_an_exclusion_is_stored_with_its_subject(spider, url, item):
    """A domain, hosts or an address: each has the reason, and no follow-ups."""
    assert ([], item) == parsed(spider(), url, Exclusion(reason="opted_out"), refused_at=AT)
