"""Whether the hosts of a page have IPv6."""

from __future__ import annotations

import pytest

from ipv6matrix.items import Failure, ThirdPartyItem, ThirdPartyObservation, WebItem, WebObservation
from ipv6matrix.measurements import third_parties as requests
from ipv6matrix.measurements import web
from ipv6matrix.store.queries.third_parties import pages
from tests.exporters import made
from tests.samples import AT, host, hosts_item, lookup

HOST, ADDRESS = "www.a.example", "192.0.2.1"
FOUR, SIX, NONE, FAILED = ("192.0.2.2",), ("2001:db8::1",), (), Failure.SERVFAIL


def page(*names):
    """Return a page that loads something from these hosts."""
    seen = WebObservation(scheme="https", status_code=200, hosts=names, asked_at=AT)
    url = web.url(ADDRESS, HOST, "https", hosts=True)
    return WebItem(url=url, host=HOST, address=ADDRESS, web=seen, third_parties=names)


def third(name, *answers):
    """Return a host with these addresses of both families, or with the failures of their lookups."""
    a, aaaa = (
        lookup(name, rdtype, status=answer) if isinstance(answer, Failure) else lookup(name, rdtype, *answer)
        for rdtype, answer in zip(("A", "AAAA"), answers, strict=True)
    )
    return ThirdPartyItem(url=requests.url(name), name=name, addresses=ThirdPartyObservation(a=a, aaaa=aaaa))


@pytest.mark.parametrize(
    ("others", "support", "lacking"),
    [
        ([], "full", ()),
        ([("b.example", FOUR, SIX)], "full", ()),
        ([("b.example", FOUR, NONE)], "partial", ("b.example",)),
        ([("c.example", FOUR, NONE), ("b.example", FOUR, NONE)], "partial", ("b.example", "c.example")),
        ([("b.example", FOUR, NONE), ("c.example", FOUR, FAILED)], "partial", ("b.example",)),
        ([("b.example", FOUR, FAILED)], "unknown", ()),
        ([("b.example", NONE, NONE)], "full", ()),
    ],
)
def test_one_host_without_ipv6_makes_a_page_partial(tmp_path, others, support, lacking):
    """A failed lookup is unknown, and a name without addresses says nothing about IPv6."""
    items = [third(*other) for other in others]
    names = [name for name, *_ in others]
    store = made.crawl(tmp_path / "ips.db", hosts_item(host(HOST, ADDRESS)), page(*names), *items)

    assert [(HOST, support, lacking)] == list(pages(store))
