"""The kind of an address."""

from __future__ import annotations

import pytest

from ipv6matrix import context
from ipv6matrix.pipelines.classify import ClassifyPipeline
from tests.crawlers import crawler
from tests.samples import host, hosts_item, ping_item


def classified(made, address):
    item = hosts_item(host("a.example", address))
    for unclassified in item.addresses:
        unclassified.kind = None
    (classified_address,) = ClassifyPipeline.from_crawler(made).process_item(item).addresses
    return classified_address.kind, classified_address.refusal, classified_address.tunnel_id


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1.1.1.1", ("global", None, None)),
        ("10.0.0.1", ("private", "private", None)),
        ("2a00:1450::1", ("global", None, None)),
        ("2002:101:101::1", ("6to4", None, "U0001")),
        ("2001:0:101:101::fefe:fefe", ("teredo", None, "U3000")),
        ("2a01:e30::1", ("global", None, "U2000")),
        ("fe80::1", ("link_local", "link_local", None)),
        ("::ffff:1.1.1.1", ("mapped", "mapped", None)),
    ],
)
def test_kind_exclusion_and_tunnel_are_set(tmp_path, address, expected):
    """An address that may be probed has no exclusion, one in a known tunnel has its identifier."""
    assert expected == classified(crawler(tmp_path, METRICS="ip6Type"), address)


def test_without_the_metric_tunnels_are_not_looked_up(tmp_path):
    """The metric ip6Type is about tunnels; kind and exclusion are always set."""
    assert ("6to4", None, None) == classified(crawler(tmp_path, METRICS="ping"), "2002:101:101::1")


def test_the_exclusion_follows_the_policy(tmp_path):
    """An address in an allowed network has its kind and no exclusion; a family without route has its own exclusion."""
    made = crawler(tmp_path, PROBE_ALLOWED_NETWORKS="198.18.0.0/15")
    context.of(made).plan.skip_family(6, "no route")

    assert ("benchmarking", None, None) == classified(made, "198.18.0.1")
    assert ("global", "no_ipv6", None) == classified(made, "2a00::1")


def test_other_items_pass(tmp_path):
    """An item without addresses is returned unchanged."""
    item = ping_item("192.0.2.1")

    assert item is ClassifyPipeline.from_crawler(crawler(tmp_path)).process_item(item)
