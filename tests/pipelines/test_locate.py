"""The location of an address."""

from __future__ import annotations

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ipv6matrix import context
from ipv6matrix.pipelines.locate import LocatePipeline
from simnet import geoip
from simnet.blocks import Block
from tests.crawlers import count, crawler
from tests.samples import host, hosts_item, ping_item


@pytest.fixture
def locate(tmp_path):
    """Build the pipeline with GeoIP files that contain one network of each family."""
    block = Block(name="a", behaviour="open", network4="198.18.1.0/24", network6="2001:db8:1::/48", place="sao-paulo")
    geoip.write((block,), tmp_path / "city.mmdb", tmp_path / "asn.mmdb")
    pipelines = []

    def build(metrics="geoip"):
        made = crawler(
            tmp_path,
            METRICS=metrics,
            GEOIP_CITY_DB=str(tmp_path / "city.mmdb"),
            GEOIP_ASN_DB=str(tmp_path / "asn.mmdb"),
        )
        pipelines.append((LocatePipeline.from_crawler(made), made))
        return pipelines[-1]

    yield build
    for pipeline, _ in pipelines:
        pipeline.close_spider()


@pytest.mark.parametrize("address", ["198.18.1.5", "2001:db8:1::5"])
def test_both_families_are_located(locate, address):
    """The address has all fields of the files, with north as latitude and east as longitude."""
    pipeline, _ = locate()
    (located,) = pipeline.process_item(hosts_item(host("a.example", address))).addresses

    assert (64499, "Tietê Telecom, S.A.", "São Paulo", "Sao Paulo", "BR", -23.5475, -46.6361) == (
        located.asn,
        located.as_organisation,
        located.city,
        located.region,
        located.country_code,
        located.latitude,
        located.longitude,
    )


def test_an_unknown_address_stays_empty(locate):
    """Fields that the files do not have are None."""
    pipeline, _ = locate()
    (address,) = pipeline.process_item(hosts_item(host("a.example", "198.18.9.1"))).addresses

    assert [None] * 3 == [address.asn, address.country_code, address.latitude]


def test_without_the_metric_nothing_is_located(locate):
    """The metric geoip switches it off, also if the preflight skips it."""
    off, _ = locate(metrics="ping")
    skipped, made = locate()
    context.of(made).plan.skip_metric("geoip", "no file")
    for pipeline in (off, skipped):
        (address,) = pipeline.process_item(hosts_item(host("a.example", "198.18.1.5"))).addresses
        assert address.country_code is None


def test_other_items_pass(locate):
    """An item without addresses is returned unchanged."""
    item = ping_item("198.18.1.5")

    assert item is locate()[0].process_item(item)


def test_a_failed_lookup_costs_neither_host_nor_probes(tmp_path, caplog):
    """The address has no place, the item passes, and failures are logged once and counted."""
    writer = MMDBWriter(4, "GeoLite2-City", languages=["en"])
    writer.insert_network(IPSet(["198.18.1.0/24"]), {"country": {"iso_code": "NO"}})
    writer.to_db_file(str(tmp_path / "city.mmdb"))
    made = crawler(tmp_path, METRICS="geoip", GEOIP_CITY_DB=str(tmp_path / "city.mmdb"))
    pipeline = LocatePipeline.from_crawler(made)
    item = hosts_item(host("a.example", "198.18.1.5", "2001:db8::1", "2001:db8::2"))

    assert item is pipeline.process_item(item)
    assert ["NO", None, None] == [address.country_code for address in item.addresses]
    assert 2 == count(made, "geoip/failed")
    assert 1 == caplog.text.count("GeoIP lookup failed (GEOIP_CITY_DB, 2001:db8::1:")
    pipeline.close_spider()
    assert "GEOIP_CITY_DB: 2 GeoIP lookups failed" in caplog.text
