"""Records of the services of the simulated Internet: queries, connections, mail sessions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query that reached the resolver, answered or not."""

    asked_at: float
    "Seconds since 1970-01-01 UTC, like all times here."
    transport: str
    "udp or tcp."
    type: str
    name: str
    "Lower case, without the final dot."


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection that port 80 or 443 accepted."""

    accepted_at: float
    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One HTTP request that a web server received."""

    asked_at: float
    address: str
    port: int
    host: str
    "The field Host."
    agent: str
    "The field User-Agent."


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSession:
    """One session with a mail server, recorded when it ended."""

    ended_at: float
    address: str
    tls: bool
    "True if a TLS handshake was completed."
    verbs: tuple[str, ...]
    "The commands received, upper case, in order."


def queries(path: Path) -> list[Query]:
    """Read the resolver's log."""
    rows = (line.split(" ", 3) for line in path.read_text().splitlines())
    return [
        Query(asked_at=float(at), transport=transport, type=rdtype, name=name) for at, transport, rdtype, name in rows
    ]


def connections(path: Path) -> list[Connection]:
    """Read the web servers' log."""
    rows = (line.split() for line in path.read_text().splitlines())
    return [Connection(accepted_at=float(at), address=address, port=int(port)) for at, address, port in rows]


def page_requests(path: Path) -> list[PageRequest]:
    """Read the requests that the web servers logged."""
    rows = (line.split(" ", 4) for line in path.read_text().splitlines())
    return [
        PageRequest(asked_at=float(at), address=address, port=int(port), host=host, agent=agent)
        for at, address, port, host, agent in rows
    ]


def smtp_sessions(path: Path) -> list[SmtpSession]:
    """Read the mail servers' log."""
    rows = (line.split() for line in path.read_text().splitlines())
    return [
        SmtpSession(ended_at=float(at), address=address, tls=tls == "tls", verbs=tuple(verbs))
        for at, address, tls, *verbs in rows
    ]
