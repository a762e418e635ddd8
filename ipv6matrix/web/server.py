"""
The HTTP server: uvicorn with additional limits.

The time to send the header of a request is limited, and the time to accept more of an answer. The number of
connections stays below the limit of open files: at that limit, the connection that has waited longest for its header
is closed, so that half-open connections do not lock others out. A repeated message is logged once a minute.

`python -m ipv6matrix.web.server --port 8000 --workers 2` serves what environment variables configure.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import time
from typing import Any, ClassVar, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

# Seconds for the header of a request, and for a client to take more of an answer.
HEADER_S: Final = 10.0
STALLED_S: Final = 60.0
# Limit of open files to set, and how many are used for other things than connections: databases, logs, sockets.
FILES: Final = 16_384
_OTHER_FILES: Final = 200
_REPEAT_S: Final = 60.0
# Number of messages that are remembered.
_SUBJECTS: Final = 1_000

OPTIONS: Final[dict[str, Any]] = {
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "log_level": "warning",
    # Each connection holds at most this much of a header that is not complete.
    "h11_max_incomplete_event_size": 65_536,
}
"Options of uvicorn, besides the application and where it listens."


class Protocol(H11Protocol):
    """One connection."""

    most_connections: ClassVar[int] = FILES - _OTHER_FILES
    waiting: ClassVar[dict[Protocol, None]] = {}
    "Connections that have not sent a whole header, the oldest first."

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._header: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._wait_for_header()
        if len(self.connections) > self.most_connections:
            # Removed at once: `connection_lost` is called after the next connections of a burst.
            oldest = next(iter(self.waiting))
            oldest._stop_waiting()
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        else:
            self._wait_for_header()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _wait_for_header(self) -> None:
        if self._header is None:
            self._header = self.loop.call_later(HEADER_S, self.transport.abort)
            self.waiting[self] = None

    def _stop_waiting(self) -> None:
        if self._header is not None:
            self._header.cancel()
            self._header = None
            self.waiting.pop(self, None)


class OncePerMinute(logging.Filter):
    """Drops a warning or an error that was logged less than a minute ago."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        key, now = _subject(record), time.monotonic()
        if now - self._last.get(key, -_REPEAT_S) < _REPEAT_S:
            return False
        if len(self._last) > _SUBJECTS:
            self._last.clear()
        self._last[key] = now
        return True


def _subject(record: logging.LogRecord) -> str:
    """Return the key by which messages count as repeated: the same error in different requests is one."""
    error = record.exc_info[1] if record.exc_info else None
    text = f"{record.msg} {error!r}" if error else record.getMessage()
    # asyncio puts the socket into the message of each accept() that fails.
    return f"{record.name} {text.partition(chr(10))[0][:200]}"


def prepare() -> None:
    """Raise the limit of open files as far as it may be, fit the connections into it, and set logging up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    Protocol.most_connections = max(limit - _OTHER_FILES, 50)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        if not any(isinstance(existing, OncePerMinute) for existing in handler.filters):
            handler.addFilter(OncePerMinute())


def main() -> None:
    """Serve the website that environment variables configure until the process is terminated."""
    parser = argparse.ArgumentParser(
        prog="python -m ipv6matrix.web.server", description="Serve the website and its API."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")
    parser.add_argument("--workers", type=int, default=1, help="number of processes")
    options = parser.parse_args()
    uvicorn.run(
        "ipv6matrix.web.app:app",
        host=options.host,
        port=options.port,
        workers=options.workers,
        http="ipv6matrix.web.server:Protocol",
        **OPTIONS,
    )


if __name__ == "__main__":
    main()
