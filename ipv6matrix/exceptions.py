"""
The exceptions of the project, in one tree.

```text
Ipv6MatrixError
├── UserError                   the user or operator can fix it: has a code of the catalogue
│   ├── ConfigurationError      a setting or a command-line argument
│   ├── PreflightError          the crawl cannot start on this machine
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

    `code` is a code of the catalogue, and never changes. The message states the
    problem, names the input, then states the fix.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.code}]" if self.code else super().__str__()


class ConfigurationError(UserError):
    """A setting or a command-line argument is invalid."""


class PreflightError(UserError):
    """The crawl cannot start: something it needs is missing."""


class ListError(UserError):
    """A list of domains cannot be read."""


class OptOutError(UserError):
    """An opt-out file cannot be read, or an entry is neither a domain nor a network."""


class GeoIpError(UserError):
    """A GeoIP file cannot be used."""


class DownloadError(UserError):
    """A file cannot be downloaded."""


class DownloadStoppedError(DownloadError):
    """The user stopped a download."""


class StoreError(UserError):
    """The database of a crawl cannot be used."""


class OutdatedError(StoreError):
    """A database was written by an earlier version and must be migrated before it can be read."""


class ReadStoppedError(StoreError):
    """The user stopped reading a database."""


class ExportError(UserError):
    """Results cannot be written."""


class ImportRefusedError(UserError):
    """Something cannot be imported."""


class ProtocolError(Ipv6MatrixError, ValueError):
    """A peer sent data that violates its protocol."""
