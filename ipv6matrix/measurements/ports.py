"""
ports: TCP handshakes with the ports of an address, and the SMTP session on port 25.

    tcp://[2001:db8::1]?port=25&port=80&starttls=1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import (
    TRANSIENT_ADDRESS_FAILURES,
    Failure,
    PortObservation,
    TcpItem,
    TcpObservation,
)
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.base import Asked, Crawl, Evidence, Failed, Measurement, Outcome, Target
from ipv6matrix.measurements.grammar import Query, RequestUrl

# The port that each metric needs; SMTP sessions use port 25.
_PORTS: Final = {"tcp80": 80, "tcp443": 443, "tcp25": 25, "tls": 25}
_OPEN: Final = "open"
# Outcome of an SMTP session that ended with QUIT.
_SESSION: Final = "session"

# Failures that are answers: of the host, and of an SMTP server.
_HOST_ANSWERS: Final = frozenset((Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET))
_SERVER_ANSWERS: Final = _HOST_ANSWERS | {
    *(None, Failure.CONNECTION_CLOSED, Failure.NOT_SMTP, Failure.BAD_REPLY, Failure.TLS_FAILED),
    *(Failure.SERVICE_UNAVAILABLE, Failure.HELLO_REFUSED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortsUrl(RequestUrl):
    """A parsed URL of handshakes."""

    ports: tuple[int, ...]
    starttls: bool = False


def url(address: str, ports: tuple[int, ...], *, starttls: bool) -> str:
    """Return the URL to test which ports are open and, on port 25, whether STARTTLS works."""
    query = "&".join(f"port={port}" for port in ports)
    return f"{grammar.of_address(Ports.scheme, address)}?{query}" + ("&starttls=1" if starttls else "")


def ports(plan: Plan) -> tuple[int, ...]:
    """Return the ports that are probed on each address, in ascending order."""
    return tuple(sorted({port for metric, port in _PORTS.items() if metric in plan.metrics}))


class Ports(Measurement[PortsUrl, TcpObservation, TcpItem]):
    """One handshake with each port of each address."""

    scheme = "tcp"
    metrics = tuple(_PORTS)
    observation = TcpObservation
    item = TcpItem
    sockets = 3
    every_address = True
    # A closed port is a result.
    findings = frozenset((("tcp", str(Failure.CONNECTION_REFUSED)),))

    def parse(self, authority: str, path: str, query: Query) -> PortsUrl:
        ports = tuple(int(value) for key, value in query if key == "port")
        if not ports or path or not all(0 < port < 65536 for port in ports):
            raise ValueError(ports)
        address = grammar.address_in(authority)
        return PortsUrl(subject=address, destination=address, ports=ports, starttls=("starttls", "1") in query)

    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        port_numbers = ports(plan)
        if target.address and target.host and port_numbers:
            yield url(target.address, port_numbers, starttls="tls" in plan.metrics)

    def answer(self, asked: Asked[PortsUrl], observation: TcpObservation, crawl: Crawl) -> TcpItem:  # noqa: ARG002
        return TcpItem(**asked.fields, address=asked.url.subject, tcp=observation)

    def evidence(self, observation: TcpObservation) -> Evidence:
        answered = [port.open or port.failure in _HOST_ANSWERS for port in observation.ports]
        smtp = observation.smtp
        return Evidence(
            answered=any(answered), complete=all(answered) and (smtp is None or smtp.failure in _SERVER_ANSWERS)
        )

    def unsent(self, url: PortsUrl, names: Sequence[str], now: float) -> TcpObservation:  # noqa: ARG002
        failure = Failure.PROBE_FAILED
        ports = (PortObservation(port=port, open=False, failure=failure, asked_at=now) for port in url.ports)
        return TcpObservation(ports=tuple(ports))

    def outcomes(self, item: TcpItem) -> list[Outcome]:
        outcomes: list[Outcome] = [("tcp", port.failure or _OPEN) for port in item.tcp.ports]
        if item.tcp.smtp:
            outcomes.append(("smtp", item.tcp.smtp.failure or _SESSION))
        return outcomes

    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:
        return (url(failed.subject, tuple(map(int, failed.parts)), starttls="tls" in plan.metrics),)

    def is_answered(self, item: TcpItem) -> bool:
        return any(port.open or port.failure not in TRANSIENT_ADDRESS_FAILURES for port in item.tcp.ports)
