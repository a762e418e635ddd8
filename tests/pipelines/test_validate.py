"""Only consistent items pass."""

from __future__ import annotations

import pytest
from scrapy.exceptions import DropItem

from ipv6matrix.items import ExclusionItem, Host, ReverseItem, TcpItem, TcpObservation
from ipv6matrix.pipelines.validate import ValidatePipeline
from tests import urls
from tests.samples import domain_item, host, hosts_item, lookup, ping_item


def reverse_item(address):
    return ReverseItem(url=urls.reverse(address), address=address, lookup=lookup("x", "PTR"))


@pytest.mark.parametrize(
    "item",
    [
        domain_item("a.example", hosts=(Host(name="ns.a.example", refusal="opted_out"),)),
        hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1")),
        domain_item("a.example", hosts=(Host(name=r"ns\.", refusal="invalid_name"),)),
        domain_item("a.example", hosts=(Host(name=r"a\.b\032c\\\.", refusal="invalid_name"),)),
        reverse_item("2001:db8::1"),
        ping_item("192.0.2.1"),
        ping_item("192.0.2.1", 1.0, 2.0, sent=2),
        TcpItem(url="tcp://192.0.2.1?port=80", address="192.0.2.1", tcp=TcpObservation(ports=())),
        ExclusionItem(url="ping://192.0.2.1", address="192.0.2.1", reason="opted_out"),
    ],
)
def test_a_consistent_item_passes_unchanged(item):
    """A valid item is returned as it is."""
    assert item is ValidatePipeline().process_item(item)


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        (ping_item("192.0.2.1", 1.0, 2.0, sent=1), "more replies than requests"),
        (ping_item("2001:DB8::1"), "'2001:DB8::1' is not an address in its canonical text"),
        (reverse_item("2001:db8:0::1"), "is not an address in its canonical text"),
        (hosts_item(host("WWW.a.example")), "host 'WWW.a.example' is not in lower case without a final dot"),
        (domain_item("a.example", hosts=(host("ns.a.example."),)), "host 'ns.a.example.' is not in lower case"),
        (domain_item("a.example", hosts=(host(r"ns\\."),)), "is not in lower case without a final dot"),
        (ping_item("a.example"), "is not an address in its canonical text"),
        (ping_item("192.0.2.01"), "is not an address in its canonical text"),
    ],
)
def test_a_contradictory_item_is_dropped(item, complaint):
    """The problem is logged as an error with the request, because it is a bug of the crawler."""
    with pytest.raises(DropItem, match=complaint) as drop:
        ValidatePipeline().process_item(item)

    assert str(drop.value).startswith(item.url)
    assert "ERROR" == drop.value.log_level
