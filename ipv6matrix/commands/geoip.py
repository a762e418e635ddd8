"""
scrapy geoip: shows or updates the GeoIP files.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from ipv6matrix.cli.fetching import FetchingCommand
from ipv6matrix.exceptions import GeoIpError
from ipv6matrix.program import PROGRAM
from ipv6matrix.reference import geoip
from ipv6matrix.reference.geoip_files import ATTRIBUTIONS, GeoIpFiles, Update
from ipv6matrix.reference.transfer import Transfer


class Command(FetchingCommand):
    reads: ClassVar = ("GEOIP_DIR", "GEOIP_ACCOUNT_ID", "GEOIP_LICENSE_KEY_FILE", "MAXMIND_URL", "DBIP_URL")

    def syntax(self) -> str:
        return "[update]"

    def short_desc(self) -> str:
        return "Show the GeoIP files that crawls use, or download newer ones into GEOIP_DIR"

    def do(self, args: list[str]) -> list[str]:
        assert self.settings is not None
        if args not in ([], ["update"]):
            raise UsageError(f"Invalid arguments: run {PROGRAM} geoip, or {PROGRAM} geoip update [ARGUMENT_INVALID]")
        lines = update(self.settings) if args else []
        return lines + [state(self.settings, setting) for setting in geoip.FILES]


def update(settings: BaseSettings) -> list[str]:
    """Download both files and return a line about each; raises DownloadError."""
    with Transfer.from_settings(settings) as transfer:
        files = GeoIpFiles(settings, transfer)
        return [outcome(files.update(setting)) for setting in geoip.FILES] + [ATTRIBUTIONS[files.provider]]


def outcome(update: Update) -> str:
    """Return a line about the update of one file."""
    status = "is new" if update.is_new else "is up to date"
    return f"{update.path} {status}: {update.build.type} of {day(update.build.built_at)}"


def state(settings: BaseSettings, setting: str) -> str:
    """Return a line about the file of a setting, and whether it can be used."""
    path = geoip.files(settings).get(setting)
    if path is None:
        return f"{setting}: no file"
    try:
        build = geoip.verify(setting, path)
    except GeoIpError as error:
        return str(error)
    days = int(dt.datetime.now(dt.UTC).timestamp() - build.built_at) // 86_400
    advice = f": download a newer one with `{PROGRAM} geoip update`" if days > geoip.OLD_DAYS else ""
    return f"{setting}: {path}, {build.type} of {day(build.built_at)}, {days} days old{advice}"


def day(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()
