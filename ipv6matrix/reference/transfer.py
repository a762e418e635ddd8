"""
Downloads a file over HTTP to disk: streamed, resumed where it was cut off, retried after temporary failures.

Sources: RFC 9110 (sections 13.1.5 If-Range, 14.2 Range, 15.3.7 206 Partial Content).
"""

from __future__ import annotations

import fcntl
import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self, TypeVar

from scrapy.settings import BaseSettings

import ipv6matrix
from ipv6matrix.exceptions import DownloadError, DownloadStoppedError

if TYPE_CHECKING:  # imported when it is used: it takes a tenth of the CPU time of every start
    import httpx

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

# Consecutive tries without progress before a download fails.
_TRIES: Final = 5
# Limit of a response that is read as a line of text, in octets.
_MOST_TEXT: Final = 4096
# HTTP statuses that may be temporary (RFC 9110 sections 15.5.9 and 15.6, RFC 6585 section 4).
_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What distinguishes versions of a file (RFC 9110 section 8.8)."""

    url: str
    etag: str | None = None
    modified: str | None = None
    "The header Last-Modified, unchanged."

    @classmethod
    def of(cls, url: str, response: httpx.Response) -> Self:
        return cls(url=url, etag=response.headers.get("etag"), modified=response.headers.get("last-modified"))

    @property
    def conditions(self) -> dict[str, str]:
        """Return the headers that request a file only if it has changed."""
        fields = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in fields.items() if value}

    @property
    def validator(self) -> str | None:
        """Return the value for If-Range, for which a weak ETag is not allowed."""
        return self.modified if self.etag is None or self.etag.startswith("W/") else self.etag


class Transfer:
    """
    Downloads files, with a user agent that includes CONTACT and a timeout of DOWNLOAD_TIMEOUT seconds without data.

    `is_stopped` is checked between chunks; DownloadStoppedError then keeps the
    partial file for the next time.
    """

    def __init__(
        self, *, agent: str, timeout_s: float, pause_s: float = 1.0, is_stopped: Callable[[], bool] = lambda: False
    ) -> None:
        import httpx  # noqa: PLC0415

        # httpx logs every request, with URLs that contain keys.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._pause_s = pause_s
        self._is_stopped = is_stopped
        # Ranges count octets of the file itself, so content codings are not allowed.
        self._client = httpx.Client(
            headers={"User-Agent": agent, "Accept-Encoding": "identity"}, timeout=timeout_s, follow_redirects=True
        )

    @classmethod
    def from_settings(cls, settings: BaseSettings, is_stopped: Callable[[], bool] = lambda: False) -> Self:
        contact = settings.get("CONTACT") or "no contact"
        agent = f"{settings.get('BOT_NAME')}/{ipv6matrix.__version__} ({contact})"
        return cls(
            # Header fields are ASCII (RFC 9110 section 5.5).
            agent=agent.encode("ascii", "replace").decode(),
            timeout_s=settings.getfloat("DOWNLOAD_TIMEOUT"),
            is_stopped=is_stopped,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def text(self, url: str, auth: tuple[str, str] | None = None) -> str:
        """Download a line of text and strip it; raises DownloadError."""
        return self._persist(url, lambda: None, lambda: self._text(url, auth))

    def file(
        self, url: str, part: Path, *, unless: Version | None = None, auth: tuple[str, str] | None = None
    ) -> Version | None:
        """
        Download a file to `part`, resuming a partial file of the same version.

        Returns None, and downloads nothing, if the server has no other version
        than `unless`. Raises DownloadError.
        """
        with _held(part) as stream:
            return self._persist(url, stream.tell, lambda: self._file(url, part, stream, unless, auth))

    def _persist(self, url: str, size: Callable[[], int | None], fetch: Callable[[], _T]) -> _T:
        """Retry temporary failures with increasing pauses, as long as tries make progress."""
        import httpx  # noqa: PLC0415

        idle, most = 0, size() or 0
        while True:
            try:
                return fetch()
            except (httpx.TransportError, _PassingError) as error:
                now = size() or 0
                idle, most = (0, now) if now > most else (idle + 1, most)
                reason = str(error) or type(error).__name__
                if idle >= _TRIES or isinstance(error, httpx.UnsupportedProtocol):
                    raise DownloadError(f"cannot download {url} ({reason})", getattr(error, "status", None)) from error
                logger.warning("Retrying the download of %s: %s [DOWNLOAD_FAILED]", url, reason)
                self._wait(self._pause_s * 2**idle)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise DownloadError(f"cannot download {url} ({error})") from error

    def _text(self, url: str, auth: tuple[str, str] | None) -> str:
        with self._client.stream("GET", url, auth=auth) as response:
            _must_succeed(response)
            text = b""
            for piece in self._pieces(response):
                text += piece
                if len(text) > _MOST_TEXT:
                    break
        return text[:_MOST_TEXT].decode("utf-8", "replace").strip()

    def _file(
        self, url: str, part: Path, stream: IO[bytes], unless: Version | None, auth: tuple[str, str] | None
    ) -> Version | None:
        begun = _begun(part, url) if stream.tell() else None
        fields = dict(unless.conditions) if unless and not begun else {}
        if begun and begun.validator:
            fields |= {"Range": f"bytes={stream.tell()}-", "If-Range": begun.validator}
        with self._client.stream("GET", url, headers=fields, auth=auth) as response:
            if response.status_code == 304:
                return None
            if response.status_code == 416:
                if begun and response.headers.get("content-range") == f"bytes */{stream.tell()}":
                    return begun
                _start_over(stream)
                raise _PassingError("what had come does not fit", 416)
            _must_succeed(response)
            if not _continues(response, stream.tell()):
                _start_over(stream)
            version = Version.of(url, response)
            _note(part).write_text(json.dumps(asdict(version)), "utf-8")
            for piece in self._pieces(response):
                stream.write(piece)
        stream.flush()
        return version

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        for piece in response.iter_bytes():
            self._look()
            yield piece

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (remaining := until - time.monotonic()) > 0:
            self._look()
            time.sleep(min(remaining, 0.1))

    def _look(self) -> None:
        if self._is_stopped():
            raise DownloadStoppedError


class _PassingError(Exception):
    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


def discard(part: Path) -> None:
    """Delete a partial file."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


@contextmanager
def _held(part: Path) -> Iterator[IO[bytes]]:
    """Open a partial file, locked by this process."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield stream
    except BlockingIOError as error:
        raise DownloadError(
            f"{str(part)!r} is being downloaded by another process: wait until it has finished"
        ) from error
    except OSError as error:
        raise DownloadError(
            f"cannot write {str(part)!r} ({error.strerror}): free disk space or fix the permissions"
        ) from error


def _must_succeed(response: httpx.Response) -> None:
    code = response.status_code
    status = f"{code} {response.reason_phrase}".strip()
    if code in _PASSING:
        raise _PassingError(status, code)
    if code not in (200, 206):
        raise DownloadError(f"cannot download {response.url.copy_with(query=None)} ({status})", code)


def _continues(response: httpx.Response, size: int) -> bool:
    """Return whether a response continues the file; one that ignored Range begins at the start."""
    match = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    return response.status_code == 206 and match is not None and int(match[1]) == size


def _start_over(stream: IO[bytes]) -> None:
    stream.truncate(0)
    stream.seek(0)


def _begun(part: Path, url: str) -> Version | None:
    """Return the version of the partial file, if it is known and from this URL."""
    try:
        version = Version(**json.loads(_note(part).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return version if version.url == url else None


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")
