"""
Published lists of popular domains: Majestic Million and Tranco, downloaded, checked and stored.

A list is stored as `<name>-<date or id>.csv`, with a note of its origin.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Self

from scrapy.settings import BaseSettings

from ipv6matrix.exceptions import DownloadError, DownloadStoppedError
from ipv6matrix.reference import sources
from ipv6matrix.reference.sources import Source
from ipv6matrix.reference.transfer import Transfer, Version, discard
from ipv6matrix.targets import lists

logger = logging.getLogger(__name__)

NAMES: Final = ("majestic", "tranco")
_SETTINGS: Final = {"majestic": "MAJESTIC_URL", "tranco": "TRANCO_URL"}
# How the first line of a list begins.
_FIRST_LINE: Final = {"majestic": re.compile(rb'"?GlobalRank"?,.*\bDomain\b'), "tranco": re.compile(rb"1,[^,<]+\r?$")}


class Rankings:
    """The lists in a folder."""

    def __init__(
        self, folder: Path, *, urls: dict[str, str], id_url: str, min_domains: int, transfer: Transfer
    ) -> None:
        self._folder = folder
        self._urls = urls
        self._id_url = id_url
        self._min_domains = min_domains
        self._transfer = transfer

    @classmethod
    def from_settings(cls, settings: BaseSettings, is_stopped: Callable[[], bool] = lambda: False) -> Self:
        return cls(
            Path(settings.get("LISTS_DIR")).expanduser(),
            urls={name: settings.get(setting) for name, setting in _SETTINGS.items()},
            id_url=settings.get("TRANCO_ID_URL"),
            min_domains=settings.getint("LIST_MIN_DOMAINS"),
            transfer=Transfer.from_settings(settings, is_stopped),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *arguments: object) -> None:
        self._transfer.__exit__(*arguments)

    def update(self, name: str) -> Source:
        """
        Download the list of today, unless it is there already.

        Raises DownloadError if it cannot be downloaded, or is not such a list.
        """
        try:
            return self._majestic() if name == "majestic" else self._tranco()
        except DownloadStoppedError:
            raise
        except DownloadError as error:
            raise DownloadError(
                f"Cannot download the list {name}: {error.message}; {self._fix(name)}", error.status, code=error.code
            ) from error
        except OSError as error:
            raise DownloadError(
                f"Cannot write the list {name} to {str(self._folder)!r} ({error.strerror}):"
                " free disk space, or choose another folder with -s LISTS_DIR=",
                code="FOLDER_NOT_WRITABLE",
            ) from error

    def _majestic(self) -> Source:
        part, before = self._part("majestic"), sources.newest(self._folder, "majestic")
        same = before if before and before.url == self._urls["majestic"] else None
        version = self._transfer.file(self._urls["majestic"], part, unless=same.version if same else None)
        if version is None:
            assert same is not None
            discard(part)
            return same
        return self._keep("majestic", part, version, None)

    def _tranco(self) -> Source:
        """Download the list whose id is the same before and after, in case the server switches lists in between."""
        part, identity = self._part("tranco"), self._identity()
        while not (current := self._downloaded(identity)):
            version = self._transfer.file(self._urls["tranco"], part)
            before, identity = identity, self._identity()
            if version is not None and before == identity:
                unpacked = part.with_suffix(".csv")
                _unpack(part, unpacked)
                discard(part)
                return self._keep("tranco", unpacked, version, identity)
            discard(part)
        return current

    def _identity(self) -> str:
        text = self._transfer.text(self._id_url)
        if not re.fullmatch(r"[A-Za-z0-9]{3,16}", text):
            raise DownloadError(f"{self._id_url} (TRANCO_ID_URL) returned {text[:40]!r}, which is not the id of a list")
        return text

    def _downloaded(self, identity: str) -> Source | None:
        return next((source for source in sources.downloaded(self._folder, "tranco") if source.id == identity), None)

    def _keep(self, name: str, part: Path, version: Version, identity: str | None) -> Source:
        """Check a list, give it its name and record its origin."""
        try:
            domains = _check(part, name, self._min_domains)
        except DownloadError as error:
            discard(part)
            raise DownloadError(f"{version.url} returned {error.message}") from error
        date, sha256 = _date(version), lists.digest((part,))
        place = self._place(f"{name}-{identity or date}", sha256)
        source = Source(
            name=name,
            file=str(place),
            url=version.url,
            date=date,
            id=identity,
            sha256=sha256,
            domains=domains,
            fetched_at=int(dt.datetime.now(dt.UTC).timestamp()),
            etag=version.etag,
            modified=version.modified,
        )
        part.rename(place)
        discard(part)
        sources.write(source)
        logger.info("The list %s of %s has %s domains: %s", name, identity or date, f"{domains:,}", place)
        return source

    def _place(self, stem: str, sha256: str) -> Path:
        """Return the first unused name; a crawl may still be reading another list of that day."""
        number, place = 1, self._folder / f"{stem}.csv"
        while place.exists() and lists.digest((place,)) != sha256:
            number += 1
            place = self._folder / f"{stem}-{number}.csv"
        return place

    def _part(self, name: str) -> Path:
        # Hidden, so that the folder itself can be read as a list.
        return self._folder / f".{name}.part"

    def _fix(self, name: str) -> str:
        before = sources.newest(self._folder, name)
        here = f"-a domains={before.file if before else 'FILE'}"
        return f"try again, set another URL with -s {_SETTINGS[name]}=, or use an existing list, {here}"


def _check(file: Path, name: str, min_domains: int) -> int:
    """Count the domains of a list; raises DownloadError if it is not a list, or is truncated."""
    with file.open("rb") as stream:
        first = stream.readline()
        if not stream.read(1) or not _FIRST_LINE[name].match(first):
            page = first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
            content = "a web page" if page else f"text that begins with {first[:40].decode('utf-8', 'replace')!r}"
            raise DownloadError(f"{content}, not the list" if first else "nothing")
        stream.seek(-1, 2)
        if stream.read() != b"\n":
            raise DownloadError("a list whose last line is truncated")
    domains = sum(isinstance(entry, str) for entry in lists.read((file,)))
    if domains < min_domains:
        raise DownloadError(f"only {domains:,} domains, fewer than LIST_MIN_DOMAINS={min_domains}")
    return domains


def _unpack(archive: Path, file: Path) -> None:
    """Extract the list of a ZIP file; raises DownloadError, and deletes the archive, if it is not one."""
    try:
        with (
            zipfile.ZipFile(archive) as packed,
            packed.open(_only(packed.namelist())) as source,
            file.open("wb") as target,
        ):
            shutil.copyfileobj(source, target, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        discard(archive)
        file.unlink(missing_ok=True)
        raise DownloadError(f"it returned an unreadable ZIP archive ({error})") from error
    except DownloadError as error:
        discard(archive)
        raise DownloadError(f"it returned {error.message}") from error


def _only(members: list[str]) -> str:
    names = [name for name in members if name.endswith(".csv")]
    if len(names) != 1:
        raise DownloadError(f"a ZIP archive of {', '.join(members) or 'nothing'}, not of one list")
    return names[0]


def _date(version: Version) -> str:
    try:
        when = parsedate_to_datetime(version.modified or "")
    except ValueError:
        when = dt.datetime.now(dt.UTC)
    return when.astimezone(dt.UTC).date().isoformat()
