"""
Updates GeoIP files: downloads them from MaxMind or DB-IP, verifies them, and replaces older ones.

MaxMind's GeoLite2 needs an account (https://dev.maxmind.com/geoip/updating-databases/),
DB-IP's free files need none (https://db-ip.com/db/lite.php). A file is replaced
atomically by a rename; processes that have the old one open continue to read it.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from scrapy.settings import BaseSettings

from ipv6matrix.exceptions import DownloadError, DownloadStoppedError, GeoIpError
from ipv6matrix.reference.geoip import FILES, Build, verify
from ipv6matrix.reference.transfer import Transfer, discard

# Attributions that the licences of the data require.
ATTRIBUTIONS: Final = {
    "MaxMind": "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com.",
    "DB-IP": "IP Geolocation by DB-IP, https://db-ip.com (CC BY 4.0).",
}
_EDITIONS: Final = {"GEOIP_CITY_DB": "GeoLite2-City", "GEOIP_ASN_DB": "GeoLite2-ASN"}
_LITE: Final = {"GEOIP_CITY_DB": "dbip-city-lite", "GEOIP_ASN_DB": "dbip-asn-lite"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Result of the update of one file."""

    path: Path
    build: Build
    "Metadata of the file now in place."
    is_new: bool


class GeoIpFiles:
    """The files of GEOIP_DIR and their sources."""

    def __init__(self, settings: BaseSettings, transfer: Transfer) -> None:
        self._folder = Path(settings.get("GEOIP_DIR")).expanduser()
        self._maxmind, self._dbip = settings.get("MAXMIND_URL"), settings.get("DBIP_URL")
        self._auth = _account(settings)
        self._transfer = transfer

    @property
    def provider(self) -> str:
        """The provider of the files: a key of ATTRIBUTIONS."""
        return "MaxMind" if self._auth else "DB-IP"

    def update(self, setting: str) -> Update:
        """
        Download the file of a setting and put it in place, unless the present one is newer.

        Raises DownloadError if it cannot be downloaded, or fails verification.
        """
        try:
            return self._placed(setting, self._fetched(setting))
        except DownloadStoppedError:
            raise
        except DownloadError as error:
            old = "; the existing file is unchanged" if self._path(setting).exists() else ""
            raise DownloadError(
                f"{_EDITIONS[setting]} of {self.provider}: {error.message}{old}", error.status, code=error.code
            ) from error
        except OSError as error:
            raise DownloadError(
                f"Cannot write GeoIP files to {str(self._folder)!r} ({error.strerror}):"
                " free disk space, or choose another folder with -s GEOIP_DIR=",
                code="FOLDER_NOT_WRITABLE",
            ) from error

    def _fetched(self, setting: str) -> Path:
        part = self._folder / f".{FILES[setting]}.part"
        unpacked = part.with_suffix(".new")
        fetch, members = (self._from_maxmind, _tar_members) if self._auth else (self._from_dbip, _gzip_members)
        fetch(setting, part)
        try:
            _unpack(members(part), unpacked)
        finally:
            discard(part)
        return unpacked

    def _from_maxmind(self, setting: str, part: Path) -> None:
        url = f"{self._maxmind}/{_EDITIONS[setting]}/download?suffix=tar.gz"
        try:
            checksum = self._transfer.text(f"{url}.sha256", self._auth)
            self._transfer.file(url, part, auth=self._auth)
        except DownloadError as error:
            if error.status in (401, 403):
                raise DownloadError(
                    "MaxMind rejects the account: check GEOIP_ACCOUNT_ID and GEOIP_LICENSE_KEY_FILE",
                    error.status,
                    code="GEOIP_ACCOUNT_REJECTED",
                ) from error
            raise
        with part.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if checksum.partition(" ")[0].lower() != digest:
            discard(part)
            raise DownloadError(f"wrong SHA-256 {digest} instead of {checksum[:64]!r}: try again")

    def _from_dbip(self, setting: str, part: Path) -> None:
        """Download the file of this month, or that of the previous month if this month's is not published yet."""
        today = dt.datetime.now(dt.UTC).date()
        for month in (today, today.replace(day=1) - dt.timedelta(days=1)):
            url = f"{self._dbip}/{_LITE[setting]}-{month:%Y-%m}.mmdb.gz"
            try:
                self._transfer.file(url, part)
            except DownloadError as error:
                if error.status != 404 or month is not today:
                    raise
            else:
                return

    def _placed(self, setting: str, unpacked: Path) -> Update:
        try:
            build = verify(setting, unpacked)
        except GeoIpError as error:
            unpacked.unlink()
            raise DownloadError(f"the downloaded file is not usable: {error.message}", code=error.code) from error
        path, before = self._path(setting), self._before(setting)
        is_new = before is None or before.built_at < build.built_at
        if before is None or before.built_at <= build.built_at:
            unpacked.rename(path)
        else:
            unpacked.unlink()
            build = before
        return Update(path=path, build=build, is_new=is_new)

    def _before(self, setting: str) -> Build | None:
        try:
            return verify(setting, self._path(setting))
        except GeoIpError:
            return None

    def _path(self, setting: str) -> Path:
        return self._folder / FILES[setting]


def _account(settings: BaseSettings) -> tuple[str, str] | None:
    if not settings.get("GEOIP_ACCOUNT_ID"):
        return None
    key = Path(settings.get("GEOIP_LICENSE_KEY_FILE")).expanduser().read_text("ascii").strip()
    return str(settings.get("GEOIP_ACCOUNT_ID")), key


def _tar_members(archive: Path) -> Iterator[IO[bytes]]:
    with tarfile.open(archive, "r:gz") as packed:
        for member in packed:
            stream = packed.extractfile(member) if member.name.endswith(".mmdb") else None
            if stream:
                yield stream


def _gzip_members(archive: Path) -> Iterator[IO[bytes]]:
    with gzip.open(archive, "rb") as stream:
        yield cast(IO[bytes], stream)


def _unpack(members: Iterator[IO[bytes]], file: Path) -> None:
    """Write the first member to a file; after DownloadError no file is left."""
    try:
        member = next(members, None)
        if member is None:
            raise DownloadError("the archive contains no mmdb file")
        with file.open("wb") as target:
            shutil.copyfileobj(member, target, 1 << 20)
    except (gzip.BadGzipFile, tarfile.TarError, zlib.error, EOFError) as error:
        file.unlink(missing_ok=True)
        raise DownloadError(f"cannot read the archive ({error})") from error
