"""
Locations of blocks of addresses, as GeoIP databases have them.

Autonomous system numbers are from the documentation ranges (RFC 5398).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Fields of a block in GeoLite2-City and GeoLite2-ASN; None is a missing field."""

    name: str
    country_code: str | None = None
    country: str | None = None
    region: str | None = None
    region_code: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    organisation: str | None = None


# fmt: off
PLACES: Final = {
    place.name: place
    for place in (
        Place(name="london", country_code="GB", country="United Kingdom", region="England", region_code="ENG",
              city="London", latitude=51.5085, longitude=-0.1257, asn=64496, organisation="Thames Hosting Ltd"),
        Place(name="cairo", country_code="EG", country="Egypt", region="Cairo Governorate", region_code="C",
              city="Cairo", latitude=30.0588, longitude=31.2268, asn=64497, organisation="Nile Networks"),
        Place(name="berlin", country_code="DE", country="Germany", region="State of Berlin", region_code="BE",
              city="Berlin", latitude=52.5244, longitude=13.4105, asn=64498, organisation='Spree "Online" GmbH'),
        Place(name="sao-paulo", country_code="BR", country="Brazil", region="Sao Paulo", region_code="SP",
              city="São Paulo", latitude=-23.5475, longitude=-46.6361, asn=64499, organisation="Tietê Telecom, S.A."),
        Place(name="tokyo", country_code="JP", country="Japan", region="Tokyo", region_code="13",
              city="Tokyo", latitude=35.6895, longitude=139.6917, asn=64500, organisation="Sumida Internet"),
        Place(name="ashburn", country_code="US", country="United States", region="Virginia", region_code="VA",
              city="Ashburn", latitude=39.0437, longitude=-77.4875, asn=64501, organisation="Potomac Cloud, Inc."),
        Place(name="paris", country_code="FR", country="France", region="Île-de-France", region_code="IDF",
              city="Paris", latitude=48.8534, longitude=2.3488, asn=64502, organisation="Seine Réseaux"),
        Place(name="country-only", country_code="NL", country="The Netherlands"),
        Place(name="asn-only", asn=64503, organisation="Anycast Everywhere"),
        Place(name="nowhere"),
    )
}
# fmt: on
