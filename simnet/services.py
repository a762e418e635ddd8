"""The services of a simulated Internet: starts its helper processes and gives each its sockets."""

from __future__ import annotations

import json
import pickle
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from simnet import certificate
from simnet.helper import Helper
from simnet.network import Network
from simnet.scenario import Scenario
from simnet.topology import FAMILIES, REGIONS, RESOLVER, RESOLVER6_PORT, RESOLVER_ADDRESS, Family

BACKLOG: Final = 16384
SO_RCVBUFFORCE: Final = 33
RECEIVE_BUFFER_BYTES: Final = 4 << 20
LOGS: Final = {
    "forwarder": "packets",
    "resolver": "queries",
    "authority": "authoritative",
    "servers": "connections",
    "requests": "requests",
    "smtp": "sessions",
}
# The certificate of the authority that issues those of the web servers.
CA_FILE: Final = "ca.pem"
# <linux/in6.h>: allows sending from an address of a `local` route, and reports the destination of each datagram.
IPV6_FREEBIND: Final = 78
IPV6_RECVPKTINFO: Final = 49


class Services:
    """The helpers: forwarder, resolver, resolver6, authority, servers (ports 80 and 443), smtp and ntp."""

    def __init__(self, network: Network, scenario: Scenario, directory: Path, *, record: bool) -> None:
        self._network = network
        self._scenario = scenario
        self._directory = directory
        self._record = record
        self._helpers: dict[str, Helper] = {}
        self._cleanup = ExitStack()

    def start(self) -> None:
        """Start all of them; they serve once `wait` has returned."""
        scenario, pem = self._directory / "scenario.pickle", self._directory / "mail.pem"
        scenario.write_bytes(pickle.dumps(self._scenario))
        certificate.write(pem)
        certificate.Authority.create(self._directory / CA_FILE, key := self._directory / "ca-key.pem")
        self._start_forwarder()
        udp, tcp = self._resolver_sockets(socket.SOCK_DGRAM), self._resolver_sockets(socket.SOCK_STREAM)
        self._serve("resolver", (str(scenario), self._log("resolver")), udp, tcp)
        udp, tcp = (
            [self._resolver_socket(kind, 6, RESOLVER6_PORT)] for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        )
        self._serve("resolver6", (str(scenario),), udp, tcp)
        udp, tcp = (
            [self._network.namespaces[region].run(make) for region in REGIONS] for make in (_datagrams, _streams)
        )
        self._serve("authority", (str(scenario), self._log("authority")), udp, tcp)
        logs = self._log("servers"), self._log("requests")
        self._serve("servers", (str(scenario), str(key), *logs), self._listeners(80) + self._listeners(443))
        self._serve("smtp", (str(scenario), str(pem), self._log("smtp")), self._listeners(25))
        if self._scenario.clocks:
            self._serve("ntp", (str(scenario),), [self._clock(address) for address in self._scenario.clocks])

    def wait(self) -> None:
        """Wait until all helpers are ready."""
        for helper in self._helpers.values():
            helper.wait()

    def stop(self) -> None:
        self._cleanup.close()

    def ask(self, helper: str, command: str) -> str:
        """Send a helper a command and return its answer."""
        return self._helpers[helper].ask(command)

    def flush(self) -> None:
        """Make all helpers write their records to the files."""
        for helper in self._helpers.values():
            helper.ask("flush")

    def statistics(self) -> dict[str, dict[str, float]]:
        """Return the counts of each helper and its CPU time in seconds."""
        return {
            name: {**json.loads(running.ask("stats")), "cpu_s": running.cpu_seconds}
            for name, running in self._helpers.items()
        }

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time of each helper so far, in seconds."""
        return {name: helper.cpu_seconds for name, helper in self._helpers.items()}

    def path(self, helper: str) -> Path:
        """Return the file for the records of a helper."""
        return self._directory / f"{LOGS[helper]}.log"

    def _log(self, helper: str) -> str:
        if not self._record:
            return "-"
        self.path(helper).touch()
        return str(self.path(helper))

    def _start_forwarder(self) -> None:
        delayed = self._network.delayed
        words = (f"{upper}:{lower}:{link.delay_ms}" for link, upper, lower in delayed)
        ends = [end for _, *both in delayed for end in both]
        self._start("forwarder", self._log("forwarder"), *words, descriptors=ends)

    def _serve(self, module: str, arguments: Iterable[str], *sockets: list[socket.socket]) -> None:
        """Start a helper that serves some sockets, and hand them over to it."""
        numbers = [",".join(str(sock.fileno()) for sock in group) for group in sockets]
        self._start(module, *arguments, *numbers, descriptors=[sock.fileno() for group in sockets for sock in group])
        for group in sockets:
            for sock in group:
                sock.close()

    def _start(self, module: str, *arguments: str, descriptors: Iterable[int]) -> None:
        self._helpers[module] = helper = Helper(module, *arguments, descriptors=descriptors)
        self._cleanup.callback(helper.stop)

    def _resolver_sockets(self, kind: socket.SocketKind) -> list[socket.socket]:
        return [self._resolver_socket(kind, family, 53) for family in FAMILIES]

    def _resolver_socket(self, kind: socket.SocketKind, family: Family, port: int) -> socket.socket:
        run = self._network.namespaces[RESOLVER].run
        return run(partial(_bound, kind, RESOLVER_ADDRESS[family], port))

    def _clock(self, address: str) -> socket.socket:
        block = self._scenario.table.find(address)
        assert block is not None
        return self._network.namespaces[block.region].run(partial(_clock, address))

    def _listeners(self, port: int) -> list[socket.socket]:
        """Listen on a port of every address of every region; one socket takes both families."""
        return [self._network.namespaces[region].run(partial(_listening, port)) for region in REGIONS]


def _bound(kind: socket.SocketKind, address: str, port: int) -> socket.socket:
    bound_socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    bound_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        # Larger than net.core.rmem_max, which is small on some machines.
        bound_socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        bound_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    bound_socket.bind((address, port))
    if kind == socket.SOCK_STREAM:
        bound_socket.listen(BACKLOG)
    bound_socket.setblocking(False)
    return bound_socket


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _clock(address: str) -> socket.socket:
    udp_socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    if ":" in address:
        udp_socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    udp_socket.bind((address, 123))
    return udp_socket


def _datagrams() -> socket.socket:
    udp_socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp_socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    udp_socket.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    udp_socket.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    udp_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    udp_socket.bind(("::", 53))
    return udp_socket


def _streams() -> socket.socket:
    return _listening(53)
