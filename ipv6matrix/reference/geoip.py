"""
GeoIP: looks up addresses in mmdb files of the GeoLite2 format.

A location is additional information about an address and decides nothing, so a
lookup never raises: what a file does not provide stays None, and `failures` counts it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from ipaddress import IPv6Address, IPv6Network
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import maxminddb
from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError
from scrapy.settings import BaseSettings

from ipv6matrix.exceptions import GeoIpError
from ipv6matrix.probes.texts import cleaned

# Prefix under which mmdb files store IPv4 addresses: an IPv6 address in it would get the location
# of the IPv4 address in its last 32 bits (MaxMind DB format, "IPv4 addresses in an IPv6 tree").
_IPV4_TREE: Final = IPv6Network("::/96")
# Addresses of a root server, one of each family. Looking them up must not fail, whether a file has them or not.
_ANYWHERE: Final = ("198.41.0.4", "2001:503:ba3e::2:30")
# Number of networks of a file that are looked up to verify it.
_LOOKUPS: Final = 1000
# Exceptions of the reader: damaged records, records of another structure, addresses of a family that the file lacks.
_UNREADABLE: Final = (maxminddb.InvalidDatabaseError, ValueError, TypeError, AttributeError, KeyError)

# Age in days from which on a file is reported as old: addresses move.
OLD_DAYS: Final = 60
_FORMS: Final = {"GEOIP_CITY_DB": "City", "GEOIP_ASN_DB": "ASN"}
# The files of GEOIP_DIR that are used when their setting is empty.
FILES: Final = {"GEOIP_CITY_DB": "city.mmdb", "GEOIP_ASN_DB": "asn.mmdb"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Location of an address; None for what the files do not provide. Degrees north and east, WGS 84."""

    asn: int | None = None
    as_organisation: str | None = None
    city: str | None = None
    region: str | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Metadata of a file."""

    type: str
    "Name of its format, e.g. `GeoLite2-City`."
    built_at: int
    "Time at which it was built, in seconds since 1970, UTC."


_Value = TypeVar("_Value")


class _Look(Protocol):
    def __call__(self, path: str, read: Callable[[Any], _Value | None]) -> _Value | None: ...


class GeoIp:
    """The city and the ASN file; either may be absent (an empty path)."""

    def __init__(self, city_path: str | None, asn_path: str | None, *, private: bool = False) -> None:
        """Open the files; with `private`, open copies, which later changes of the files cannot affect."""
        paths = {"GEOIP_CITY_DB": city_path, "GEOIP_ASN_DB": asn_path}
        self._readers = {name: _open(path, name, private=private) for name, path in paths.items() if path}
        self.failures: Counter[str] = Counter()
        "Number of lookups that failed, wholly or partly, by setting."
        self.last_failure = ""
        "Description of the most recent failure."

    def locate(self, address: str) -> Place:
        """Look up an address in both files."""
        if ":" in address and IPv6Address(address) in _IPV4_TREE:
            return Place()
        asn, city = self._look_up("GEOIP_ASN_DB", address), self._look_up("GEOIP_CITY_DB", address)
        return Place(
            asn=asn("autonomous_system_number", _as_number),
            as_organisation=asn("autonomous_system_organization", _text),
            city=city("city.name", _text),
            region=city("subdivisions.most_specific.name", _text),
            country_code=city("country.iso_code", _country_code),
            latitude=city("location.latitude", _degrees),
            longitude=city("location.longitude", _degrees),
        )

    def builds(self) -> dict[str, Build]:
        """Return the metadata of each file, by setting."""
        metadata = {name: reader.metadata() for name, reader in self._readers.items()}
        return {name: Build(type=build.database_type, built_at=build.build_epoch) for name, build in metadata.items()}

    def close(self) -> None:
        """Close both files."""
        for reader in self._readers.values():
            reader.close()

    def _look_up(self, setting: str, address: str) -> _Look:
        """Return a function that reads one part of the record of an address; the part is None if it is missing."""
        reader = self._readers.get(setting)
        try:
            model = (reader.asn if setting == "GEOIP_ASN_DB" else reader.city)(address) if reader else None
        except AddressNotFoundError:
            model = None
        except _UNREADABLE as error:
            self._fail(setting, address, str(error))
            model = None

        def part(path: str, read: Callable[[Any], _Value | None]) -> _Value | None:
            raw = None if model is None else attrgetter(path)(model)
            value = None if raw is None else read(raw)
            if raw is not None and value is None:
                self._fail(setting, address, f"{path} is not of the GeoLite2 form")
            return value

        return part

    def _fail(self, setting: str, address: str, reason: str) -> None:
        # Count once per address, however many parts are invalid.
        if not self.last_failure.startswith(f"{setting}, {address}: "):
            self.failures[setting] += 1
            self.last_failure = f"{setting}, {address}: {reason}"


def _text(value: object) -> str | None:
    return cleaned(value) if isinstance(value, str) else None


def _country_code(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch("[A-Z]{2}", value, re.ASCII) else None


def _as_number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < 2**32 else None


def _degrees(value: object) -> float | None:
    # NaN compares as False.
    return float(value) if type(value) in (int, float) and -180 <= value <= 180 else None  # type: ignore[operator, arg-type]


def verify(setting: str, path: Path | str) -> Build:
    """
    Look up addresses of both families in a file, and return its metadata.

    Raises GeoIpError if the file is unusable, or would fail for some addresses.
    """
    city, asn = (str(path), None) if setting == "GEOIP_CITY_DB" else (None, str(path))
    located = GeoIp(city, asn)
    try:
        places = [located.locate(address) for address in _addresses(path)]
        if not any(part is not None for place in places for part in astuple(place)):
            why = f" ({located.last_failure})" if located.failures else ""
            raise GeoIpError(
                f"{setting}={str(path)!r} knows no address{why}: use a GeoLite2-{_FORMS[setting]} file (mmdb)"
            )
        return located.builds()[setting]
    except _UNREADABLE as error:
        raise GeoIpError(
            f"Lookups in {setting}={str(path)!r} fail ({error}):"
            f" use a GeoLite2-{_FORMS[setting]} file with IPv4 and IPv6"
        ) from error
    finally:
        located.close()


def _addresses(path: Path | str) -> Iterator[str]:
    """Yield addresses of networks in a file; raises the reader's exceptions if lookups would fail later."""
    with maxminddb.open_database(Path(path).expanduser()) as reader:
        for address in _ANYWHERE:
            reader.get(address)
        for network, _ in islice(reader, _LOOKUPS):
            yield str(network.network_address)


def files(settings: BaseSettings) -> dict[str, str]:
    """Return the path of each file in use, by setting: the configured one, or the default one of GEOIP_DIR."""
    folder = Path(settings.get("GEOIP_DIR")).expanduser()
    chosen = {name: settings.get(name) or _if_present(folder / file) for name, file in FILES.items()}
    return {name: path for name, path in chosen.items() if path}


def configured(settings: BaseSettings) -> GeoIp:
    """Open copies of the files in use; raises GeoIpError."""
    paths = files(settings)
    return GeoIp(paths.get("GEOIP_CITY_DB"), paths.get("GEOIP_ASN_DB"), private=True)


def _if_present(path: Path) -> str | None:
    return str(path) if path.exists() else None


def _open(path: str, setting: str, *, private: bool) -> Reader:
    form, file = _FORMS[setting], Path(path).expanduser()
    try:
        # Opening a pipe would block until a writer opens it.
        is_regular = stat.S_ISREG(file.stat().st_mode)
        reader = (_copied(file) if private else Reader(file)) if is_regular else None
    except (OSError, *_UNREADABLE) as error:
        raise GeoIpError(f"Cannot read {setting}={path!r} ({error}): use a GeoLite2-{form} file (mmdb)") from error
    if reader is None:
        raise GeoIpError(f"Cannot read {setting}={path!r} (not a regular file): use a GeoLite2-{form} file (mmdb)")
    database_type = reader.metadata().database_type
    if form not in database_type:
        reader.close()
        raise GeoIpError(f"{setting}={path!r} is a {database_type} file: use a GeoLite2-{form} file")
    return reader


def _copied(file: Path) -> Reader:
    """Open an unnamed copy: truncating a memory-mapped file during a read kills the process (SIGBUS, mmap(2))."""
    with file.open("rb") as source, tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        return Reader(f"/proc/{os.getpid()}/fd/{copy.fileno()}")
