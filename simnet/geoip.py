"""GeoIP databases for the simulated prefixes, in the layout of MaxMind's GeoLite2."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from simnet.blocks import Block
from simnet.places import PLACES, Place

CITY_TYPE: Final = "GeoLite2-City"
ASN_TYPE: Final = "GeoLite2-ASN"


def write(blocks: Iterable[Block], city: Path, asn: Path) -> None:
    """Write both databases; a place without any field has no record."""
    cities, systems = _writer(CITY_TYPE), _writer(ASN_TYPE)
    networks: dict[str, list[str]] = {}
    for block in blocks:
        networks.setdefault(block.place, []).extend(filter(None, (block.network4, block.network6)))
    for name, prefixes in networks.items():
        place = PLACES[name]
        if record := _city(place):
            cities.insert_network(IPSet(prefixes), record)
        if place.asn is not None:
            record = {"autonomous_system_number": place.asn, "autonomous_system_organization": place.organisation}
            systems.insert_network(IPSet(prefixes), record)
    cities.to_db_file(str(city))
    systems.to_db_file(str(asn))


def _writer(database_type: str) -> MMDBWriter:
    return MMDBWriter(
        ip_version=6, ipv4_compatible=True, database_type=database_type, languages=["en"], description="simulated"
    )


def _city(place: Place) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if place.country_code:
        record["country"] = {"iso_code": place.country_code, "names": {"en": place.country}, "geoname_id": 1}
    if place.city:
        record["city"] = {"names": {"en": place.city}, "geoname_id": 2}
        record["subdivisions"] = [{"iso_code": place.region_code, "names": {"en": place.region}, "geoname_id": 3}]
        record["location"] = {"latitude": place.latitude, "longitude": place.longitude, "accuracy_radius": 20}
    return record
