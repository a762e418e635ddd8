"""
GeoIP: what mmdb files of the GeoLite2 form say of an address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from typing import Any, Final

import maxminddb
from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError
from scrapy.settings import BaseSettings

# Where mmdb files keep IPv4 addresses: an IPv6 address in it would get the
# place of the IPv4 address in its last bits (MaxMind DB format, "IPv4 addresses in an IPv6 tree").
_IPV4_TREE: Final = IPv6Network("::/96")


# Days after which a file is called old: addresses move.
OLD_DAYS: Final = 60
# The files of GEOIP_DIR that serve when their setting is empty.
FILES: Final = {"GEOIP_CITY_DB": "city.mmdb", "GEOIP_ASN_DB": "asn.mmdb"}


class GeoIpError(Exception):
    """A file that is no such database; the message names it and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an address is; None where the files do not say. Degrees north and east, WGS 84."""

    asn: int | None = None
    as_organisation: str | None = None
    city: str | None = None
    region: str | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a file says of itself."""

    type: str
    "The name of its form, as `GeoLite2-City`."
    built_at: int
    "When it was made, seconds since 1970 UTC."


class GeoIp:
    """The city and the ASN file; either may be absent (an empty path)."""

    def __init__(self, city_path: str | None, asn_path: str | None) -> None:
        self._city = _open(city_path, "City", "GEOIP_CITY_DB")
        self._asn = _open(asn_path, "ASN", "GEOIP_ASN_DB")

    def locate(self, address: str) -> Place:
        """Look an address up in both files."""
        if ":" in address and IPv6Address(address) in _IPV4_TREE:
            return Place()
        asn = _found(self._asn.asn if self._asn else None, address)
        city = _found(self._city.city if self._city else None, address)
        return Place(
            asn=asn.autonomous_system_number if asn else None,
            as_organisation=asn.autonomous_system_organization if asn else None,
            city=city.city.name if city else None,
            region=city.subdivisions.most_specific.name if city else None,
            country_code=city.country.iso_code if city else None,
            latitude=city.location.latitude if city else None,
            longitude=city.location.longitude if city else None,
        )

    def builds(self) -> dict[str, Build]:
        """Give what each file says of itself, by setting."""
        readers = {"GEOIP_CITY_DB": self._city, "GEOIP_ASN_DB": self._asn}
        found = {name: reader.metadata() for name, reader in readers.items() if reader}
        return {name: Build(type=one.database_type, built_at=one.build_epoch) for name, one in found.items()}

    def close(self) -> None:
        """Close both files."""
        for reader in (self._city, self._asn):
            if reader:
                reader.close()


def files(settings: BaseSettings) -> dict[str, str]:
    """Give the path of each file that is used, by setting: the one that is named, else that of GEOIP_DIR."""
    folder = Path(settings.get("GEOIP_DIR")).expanduser()
    chosen = {name: settings.get(name) or _there(folder / file) for name, file in FILES.items()}
    return {name: path for name, path in chosen.items() if path}


def configured(settings: BaseSettings) -> GeoIp:
    """Open the files that are used; raises GeoIpError."""
    paths = files(settings)
    return GeoIp(paths.get("GEOIP_CITY_DB"), paths.get("GEOIP_ASN_DB"))


def _there(path: Path) -> str | None:
    return str(path) if path.exists() else None


def _open(path: str | None, form: str, setting: str) -> Reader | None:
    if not path:
        return None
    try:
        reader = Reader(Path(path).expanduser())
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise GeoIpError(f"{setting}: cannot read {path!r} ({error}); name a GeoLite2-{form} file (mmdb)") from error
    found = reader.metadata().database_type
    if form not in found:
        reader.close()
        raise GeoIpError(f"{setting}: {path!r} is a {found} file; name a GeoLite2-{form} file")
    return reader


def _found(look_up: Callable[[str], Any] | None, address: str) -> Any:
    if look_up is None:
        return None
    try:
        return look_up(address)
    except AddressNotFoundError:
        return None
