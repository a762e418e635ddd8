"""
The exceptions of the project, in one tree.

```text
Ipv6MatrixError
├── UserError                   the user or operator can fix it: has a code of the catalogue
│   ├── ConfigurationError      a setting or an argument of a command
│   │   └── NameserverError         a resolver
│   ├── ListError               the list of domains
│   ├── OptOutError             the opt-out file
│   ├── GeoIpError              a GeoIP file
│   ├── DownloadError           the download of a list or GeoIP file
│   │   └── DownloadStoppedError    the user stopped it
│   ├── StoreError              the database of a crawl
│   │   ├── OutdatedError           it must be migrated first
│   │   └── ReadStoppedError        the user stopped reading
│   ├── ExportError             results cannot be written
│   └── ImportRefusedError      something cannot be imported
└── ProtocolError               a peer violated its protocol; becomes a word of `Failure`
```

`ipv6matrix/data/errors.toml` is the catalogue: every code with its cause and its
fix. docs/troubleshooting.md is generated from it. This module imports nothing of
Scrapy, so that the website and the probes can use it.
"""

from __future__ import annotations


class Ipv6MatrixError(Exception):
    """Base class of all errors of the project."""


class UserError(Ipv6MatrixError):
    """
    An error that a user or operator can cause, and fix.

    `code` is a stable word of the catalogue. The message states the problem,
    names the input, then states the fix; the text of the error ends with the code.
    """

    code: str
    "Default code of the class."

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class ConfigurationError(UserError):
    """A setting or a command-line argument is invalid."""

    code = "SETTING_INVALID"


class NameserverError(ConfigurationError, ValueError):
    """A resolver of NAMESERVERS or resolv.conf is invalid."""

    code = "NAMESERVERS_INVALID"


class ListError(UserError):
    """A list of domains cannot be read."""

    code = "LIST_NOT_READABLE"


class OptOutError(UserError):
    """An opt-out file cannot be read, or an entry is neither a domain nor a network."""

    code = "OPTOUT_INVALID"


class GeoIpError(UserError):
    """A GeoIP file cannot be used."""

    code = "GEOIP_INVALID"


class DownloadError(UserError):
    """A file cannot be downloaded; `status` is the HTTP status, if there was one."""

    code = "DOWNLOAD_FAILED"

    def __init__(self, message: str, status: int | None = None, *, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status


class DownloadStoppedError(DownloadError):
    """The user stopped a download."""

    code = "DOWNLOAD_STOPPED"

    def __init__(self) -> None:
        super().__init__("Download stopped: run the same command to resume it")


class StoreError(UserError):
    """The database of a crawl cannot be used."""

    code = "DATABASE_FAILED"


class OutdatedError(StoreError):
    """A database was written by an earlier version and must be migrated before it can be read."""

    code = "DATABASE_OUTDATED"


class ReadStoppedError(StoreError):
    """The user stopped reading a database."""

    code = "READING_STOPPED"


class ExportError(UserError):
    """Results cannot be written."""

    code = "EXPORT_FAILED"


class ImportRefusedError(UserError):
    """Something cannot be imported."""

    code = "IMPORT_FAILED"


class ProtocolError(Ipv6MatrixError, ValueError):
    """A peer sent data that violates its protocol."""
