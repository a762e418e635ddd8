"""GeoIP lookups."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from scrapy.settings import BaseSettings

from ipv6matrix.exceptions import GeoIpError
from ipv6matrix.reference.geoip import GeoIp, Place, configured, files, verify
from simnet import geoip
from simnet.blocks import Block

BLOCKS = (
    Block(name="a", behaviour="open", network4="198.18.1.0/24", network6="2001:db8:1::/48", place="berlin"),
    Block(name="b", behaviour="open", network4="198.18.2.0/24", place="country-only"),
    Block(name="c", behaviour="open", network4="198.18.3.0/24", place="asn-only"),
    Block(name="d", behaviour="open", network4="198.18.4.0/24", place="sao-paulo"),
)
BERLIN = Place(
    asn=64498,
    as_organisation='Spree "Online" GmbH',
    city="Berlin",
    region="State of Berlin",
    country_code="DE",
    latitude=52.5244,
    longitude=13.4105,
)


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("geoip")
    city, asn = folder / "city.mmdb", folder / "asn.mmdb"
    geoip.write(BLOCKS, city, asn)
    return str(city), str(asn)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("198.18.1.7", BERLIN),
        ("2001:db8:1::7", BERLIN),
        ("198.18.2.7", Place(country_code="NL")),
        ("198.18.3.7", Place(asn=64503, as_organisation="Anycast Everywhere")),
        ("198.18.9.7", Place()),
        ("2001:db8:9::7", Place()),
    ],
)
def test_both_families_are_located(databases, address, place):
    """Each field has the value of the files, and None where they have none."""
    located = GeoIp(*databases)

    assert place == located.locate(address)
    located.close()


def test_latitude_is_north_and_longitude_is_east(databases):
    """South and west are negative, and the two are not swapped."""
    located = GeoIp(*databases)
    place = located.locate("198.18.4.1")

    assert (-23.5475, -46.6361) == (place.latitude, place.longitude)
    located.close()


def test_either_file_may_be_missing(databases):
    """With one file only its fields are known; without any none is."""
    city, asn = databases
    city_only, asn_only, none = GeoIp(city, ""), GeoIp(None, asn), GeoIp("", None)

    assert ("Berlin", None) == (city_only.locate("198.18.1.7").city, city_only.locate("198.18.1.7").asn)
    assert (None, 64498) == (asn_only.locate("198.18.1.7").city, asn_only.locate("198.18.1.7").asn)
    assert Place() == none.locate("198.18.1.7")
    for located in (city_only, asn_only, none):
        located.close()


def test_builds_are_listed_by_setting(databases):
    """Each file has its type and its build time."""
    located = GeoIp(databases[0], None)
    builds = located.builds()

    assert ["GEOIP_CITY_DB"] == list(builds)
    assert "GeoLite2-City" == builds["GEOIP_CITY_DB"].type
    assert time.time() - 600 < builds["GEOIP_CITY_DB"].built_at <= time.time() + 1
    located.close()


@pytest.mark.parametrize("names", [(), ("city.mmdb",), ("city.mmdb", "asn.mmdb")])
def test_files_of_the_folder_are_the_default(tmp_path, names):
    """city.mmdb and asn.mmdb of GEOIP_DIR are used if they exist."""
    for name in names:
        (tmp_path / name).touch()
    chosen = files(BaseSettings({"GEOIP_DIR": str(tmp_path), "GEOIP_CITY_DB": "", "GEOIP_ASN_DB": ""}))

    assert [str(tmp_path / name) for name in names] == list(chosen.values())


def test_a_named_file_replaces_that_of_the_folder(tmp_path):
    """Each setting decides about its own file."""
    (tmp_path / "city.mmdb").touch()
    (tmp_path / "asn.mmdb").touch()
    chosen = files(BaseSettings({"GEOIP_DIR": str(tmp_path), "GEOIP_CITY_DB": "mine.mmdb"}))

    assert {"GEOIP_CITY_DB": "mine.mmdb", "GEOIP_ASN_DB": str(tmp_path / "asn.mmdb")} == chosen


def test_a_file_of_the_other_type_is_reported(databases):
    """Swapped files are reported with their setting and their type."""
    city, asn = databases
    with pytest.raises(GeoIpError, match=f"GEOIP_CITY_DB={asn!r} is a GeoLite2-ASN file"):
        GeoIp(asn, None)
    with pytest.raises(GeoIpError, match=f"GEOIP_ASN_DB={city!r} is a GeoLite2-City file"):
        GeoIp(None, city)


@pytest.mark.parametrize("content", [None, b"", b"no database\n" * 100])
def test_a_file_that_is_not_a_database_is_reported(tmp_path, content):
    """A missing or foreign file is reported with its setting and the fix."""
    file = tmp_path / "geo.mmdb"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(GeoIpError, match=rf"GEOIP_ASN_DB='{file}' .*GeoLite2-ASN .*\[GEOIP_INVALID\]"):
        GeoIp(None, str(file))


# --- files that fail for some addresses ---

PLACE = {
    "city": {"names": {"en": "Oslo"}},
    "country": {"iso_code": "NO"},
    "location": {"latitude": 60.0, "longitude": 10},
}
OSLO = Place(city="Oslo", country_code="NO", latitude=60.0, longitude=10.0)


def made(path, records, *, version=6, form="GeoLite2-City"):
    """Write an mmdb file of records by network."""
    writer = MMDBWriter(version, form, languages=["en"], ipv4_compatible=version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


def damaged(path, records, word):
    """Write an mmdb file in which the record with a given word has an impossible type."""
    data = made(path, records).read_bytes()
    at = data.index(word)
    path.write_bytes(data[: at - 1] + b"\xff\xff" + data[at + 1 :])
    return path


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({**PLACE, "city": {"names": {"en": 7}}}, replace(OSLO, city=None)),
        ({**PLACE, "country": {"iso_code": "Norway"}}, replace(OSLO, country_code=None)),
        ({**PLACE, "location": {"latitude": "60", "longitude": 10}}, replace(OSLO, latitude=None)),
        ({**PLACE, "location": {"latitude": 1e9, "longitude": 10}}, replace(OSLO, latitude=None)),
        ({**PLACE, "city": "Oslo"}, Place()),
        ({**PLACE, "subdivisions": {"en": "Oslo"}}, Place()),
        ({**PLACE, "subdivisions": ["Oslo"]}, Place()),
        (["Oslo"], Place()),
    ],
)
def test_a_malformed_record_costs_at_most_a_place(tmp_path, record, place):
    """A value of another type is left out; an unreadable record leaves the address without a place."""
    located = GeoIp(str(made(tmp_path / "city.mmdb", {"198.18.1.0/24": record})), None)

    assert place == located.locate("198.18.1.7")
    assert {"GEOIP_CITY_DB": 1} == located.failures
    assert located.last_failure.startswith("GEOIP_CITY_DB, 198.18.1.7: ")
    located.close()


def test_an_as_number_beyond_32_bits_is_ignored(tmp_path):
    """It would not fit into the database."""
    record = {"autonomous_system_number": 2**63, "autonomous_system_organization": "Big"}
    path = made(tmp_path / "asn.mmdb", {"198.18.1.0/24": record}, form="GeoLite2-ASN")
    located = GeoIp(None, str(path))

    assert Place(as_organisation="Big") == located.locate("198.18.1.7")
    assert {"GEOIP_ASN_DB": 1} == located.failures
    located.close()


def test_a_failed_lookup_leaves_the_place_unknown(tmp_path):
    """A damaged record, and a family that the file lacks, raise nothing."""
    only4 = GeoIp(str(made(tmp_path / "four.mmdb", {"198.18.1.0/24": PLACE}, version=4)), None)
    broken = GeoIp(str(damaged(tmp_path / "b.mmdb", {"198.18.1.0/24": PLACE}, b"Oslo")), None)

    assert [OSLO, Place()] == [only4.locate("198.18.1.7"), only4.locate("2001:db8::1")]
    assert Place() == broken.locate("198.18.1.7")
    assert [1, 1] == [only4.failures.total(), broken.failures.total()]
    only4.close()
    broken.close()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: made(path, {"198.18.1.0/24": PLACE}, version=4), "IPv4-only"),
        (lambda path: damaged(path, {"198.18.1.0/24": PLACE}, b"Oslo"), ""),
        (lambda path: made(path, {"198.18.1.0/24": {"city": "Oslo"}}), "knows no address"),
        (lambda path: made(path, {}), "knows no address"),
        (lambda path: path.write_bytes(made(path, {"198.18.1.0/24": PLACE}).read_bytes()[:-100]), ""),
        (os.mkfifo, "not a regular file"),
    ],
    ids=["ipv4-only", "damaged", "flat", "empty", "truncated", "pipe"],
)
def test_an_unusable_file_is_found_before_the_start(tmp_path, make, problem):
    """Addresses of both families are looked up, and the error names the setting and the fix."""
    make(tmp_path / "city.mmdb")

    with pytest.raises(GeoIpError, match=rf"GEOIP_CITY_DB=.*{problem}.*\[GEOIP_INVALID\]"):
        verify("GEOIP_CITY_DB", tmp_path / "city.mmdb")


def test_a_file_truncated_while_open_does_no_harm(tmp_path):
    """A crawl reads a private copy, because SIGBUS would kill it."""
    path = made(tmp_path / "city.mmdb", {"198.18.1.0/24": PLACE})
    located = configured(BaseSettings({"GEOIP_DIR": str(tmp_path)}))
    path.write_bytes(b"")

    assert OSLO == located.locate("198.18.1.7")
    located.close()


def test_control_characters_of_a_record_are_replaced(tmp_path):
    """An organisation with a line end or a terminal sequence cannot break a CSV row or a terminal."""
    record = {"autonomous_system_number": 64498, "autonomous_system_organization": "A\nB\x1b[2J"}
    path = made(tmp_path / "asn.mmdb", {"198.18.1.0/24": record}, form="GeoLite2-ASN")
    located = GeoIp(None, str(path))

    assert "A\ufffdB\ufffd[2J" == located.locate("198.18.1.7").as_organisation
    located.close()
