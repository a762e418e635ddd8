"""
The simulated Internet as one object: started, asked what it saw, broken at run time, stopped.

    with Internet(showcase(), directory) as internet:
        internet.address("silent", 6)
"""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.internet import certificate, filters, geoip, logs, packets
from tests.internet.behaviours import PORTS
from tests.internet.helper import Helper
from tests.internet.logs import Connection, Query, SmtpSession
from tests.internet.network import Network
from tests.internet.packets import Packet
from tests.internet.scenario import Scenario
from tests.internet.topology import REGIONS, RESOLVER, RESOLVER_ADDRESS, VANTAGE, Family

# The documentation and benchmarking prefixes that servers live in; a crawler must be told that it may probe them.
ALLOWED_NETWORKS: Final = "198.18.0.0/15,2001:db8::/32"
BACKLOG: Final = 16384
RECEIVE_BUFFER_BYTES: Final = 4 << 20

_running: list[Internet] = []


def running() -> Internet | None:
    """Give the Internet that this process has started and not yet stopped."""
    return _running[-1] if _running else None


class Internet:
    """
    A running simulated Internet; this process becomes its vantage point.

    `record` keeps every packet that leaves the vantage point, every query,
    connection and mail session. `near_resolver` puts the resolver on the
    vantage point's own link (well below 1 ms) instead of 20 ms away.
    `ping_sockets` opens unprivileged ICMP sockets to every group. One at a
    time in a process.
    """

    resolver4: Final = RESOLVER_ADDRESS[4]
    resolver6: Final = RESOLVER_ADDRESS[6]

    def __init__(
        self,
        scenario: Scenario,
        directory: Path | str,
        *,
        record: bool = True,
        near_resolver: bool = False,
        ping_sockets: bool = True,
    ) -> None:
        self.scenario = scenario
        self.directory = Path(directory)
        self._record = record
        self._ping_sockets = ping_sockets
        self._network = Network(scenario.blocks, near_resolver=near_resolver)
        self._helpers: dict[str, Helper] = {}
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Self:
        """Build and start everything; raises InternetUnavailable when the machine cannot."""
        if _running:
            raise RuntimeError("this process has a running Internet already: stop() it first")
        self.directory.mkdir(parents=True, exist_ok=True)
        _running.append(self)
        self._cleanup.callback(_running.remove, self)
        try:
            self._cleanup.callback(self._network.close)
            self._network.build()
            self._open_ping_sockets()
            self._start_helpers()
            self._write_files()
            for helper in self._helpers.values():
                helper.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End every helper and forget every namespace; what was recorded stays readable."""
        if self in _running:
            self._flush()
            self._cleanup.close()

    # What a crawler needs to know

    @property
    def domains_file(self) -> Path:
        """The list to crawl."""
        return self.directory / "domains.txt"

    def settings(self) -> dict[str, str]:
        """Give the Scrapy settings that make a crawl one of this Internet."""
        return {
            "NAMESERVERS": f"{self.resolver4},{self.resolver6}",
            "PROBE_ALLOWED_NETWORKS": ALLOWED_NETWORKS,
            "GEOIP_CITY_DB": str(self.directory / "city.mmdb"),
            "GEOIP_ASN_DB": str(self.directory / "asn.mmdb"),
            "OPTOUT_FILE": str(self.directory / "optout.txt"),
        }

    def address(self, block: str, family: Family, n: int = 0) -> str:
        """Give the n-th address of a block; there is a block named after every behaviour."""
        return self.scenario.table.by_name[block].address(family, n)

    # What was seen

    def packets(self, since: float = 0.0) -> list[Packet]:
        """List what the vantage point sent into the world, whatever became of it."""
        self._flush()
        return [packet for packet in packets.read(self._path("packets")) if packet.sent_at >= since]

    def queries(self, since: float = 0.0) -> list[Query]:
        """List what the resolver was asked."""
        self._flush()
        return [query for query in logs.queries(self._path("queries")) if query.asked_at >= since]

    def connections(self, since: float = 0.0) -> list[Connection]:
        """List the connections to ports 80 and 443 that were accepted."""
        self._flush()
        return [one for one in logs.connections(self._path("connections")) if one.accepted_at >= since]

    def smtp_sessions(self, since: float = 0.0) -> list[SmtpSession]:
        """List the mail sessions that have ended."""
        self._flush()
        return [one for one in logs.smtp_sessions(self._path("sessions")) if one.ended_at >= since]

    def local_packets(self) -> dict[str, int]:
        """Count Echo Requests and TCP SYNs to ports 25, 80 and 443 that went to loopback or link-local addresses."""
        command = ["nft", "-j", "list", "counters", "table", "inet", "sim"]
        result = subprocess.run(command, capture_output=True, check=True)
        counters = [row["counter"] for row in json.loads(result.stdout)["nftables"] if "counter" in row]
        return {one["name"]: one["packets"] for one in counters if one["name"] in filters.LOCAL_COUNTERS}

    def cpu_seconds(self) -> float:
        """CPU time of all helpers so far, in seconds: the simulation's share of a benchmark."""
        return sum(helper.cpu_seconds for helper in self._helpers.values())

    def cpu_seconds_of(self, helper: str) -> float:
        """CPU time of one helper: forwarder, resolver, servers or smtp."""
        return self._helpers[helper].cpu_seconds

    def statistics(self) -> dict[str, dict[str, float]]:
        """Tell what each helper did (packets moved, queries answered …) and its CPU time in seconds."""
        return {name: {**json.loads(one.ask("stats")), "cpu_s": one.cpu_seconds} for name, one in self._helpers.items()}

    # What can be broken while it runs

    def resolver_mode(self, mode: str) -> None:
        """Make the resolver answer as a word of `zones.Fault` says, whatever it is asked, or `normal` again."""
        self._helpers["resolver"].ask(f"mode {mode}")

    def drop(self, *families: Family) -> None:
        """Lose every packet of these families on the vantage point's link from now on; none: lose nothing."""
        self._helpers["forwarder"].ask(" ".join(("drop", *map(str, families))))

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def _log(self, name: str) -> str:
        if not self._record:
            return "-"
        self._path(name).touch()
        return str(self._path(name))

    def _flush(self) -> None:
        for helper in self._helpers.values():
            helper.ask("flush")

    def _open_ping_sockets(self) -> None:
        """Open or close them: the group range ends at 0 in a user namespace, where no other group exists."""
        for value in ("0 0", "0 2147483647") if self._ping_sockets else ("1 0",):
            self._network.namespaces[VANTAGE].set(net__ipv4__ping_group_range=value)

    def _start_helpers(self) -> None:
        scenario = self.directory / "scenario.pickle"
        scenario.write_bytes(pickle.dumps(self.scenario))
        pem = self.directory / "mail.pem"
        certificate.write(pem)
        delayed = self._network.delayed
        ends = [end for _, *both in delayed for end in both]
        self._start("forwarder", self._log("packets"), *(f"{upper}:{lower}:{link.delay_ms}" for link, upper, lower in delayed), descriptors=ends)
        udp, tcp = self._resolver_sockets(socket.SOCK_DGRAM), self._resolver_sockets(socket.SOCK_STREAM)
        self._serve("resolver", (str(scenario), self._log("queries")), udp, tcp)
        self._serve("servers", (self._log("connections"),), self._listeners(80) + self._listeners(443))
        self._serve("smtp", (str(scenario), str(pem), self._log("sessions")), self._listeners(25))

    def _serve(self, module: str, arguments: Iterable[str], *sockets: list[socket.socket]) -> None:
        """Start a helper that serves some sockets; they are its own from then on."""
        numbers = [",".join(str(one.fileno()) for one in group) for group in sockets]
        self._start(module, *arguments, *numbers, descriptors=[one.fileno() for group in sockets for one in group])
        for group in sockets:
            for one in group:
                one.close()

    def _start(self, module: str, *arguments: str, descriptors: Iterable[int]) -> None:
        self._helpers[module] = helper = Helper(module, *arguments, descriptors=descriptors)
        self._cleanup.callback(helper.stop)

    def _resolver_sockets(self, kind: socket.SocketKind) -> list[socket.socket]:
        def bind() -> list[socket.socket]:
            return [_bound(family, kind, address) for family, address in
                    ((socket.AF_INET, self.resolver4), (socket.AF_INET6, self.resolver6))]

        return self._network.namespaces[RESOLVER].run(bind)

    def _listeners(self, port: int) -> list[socket.socket]:
        """Listen on a port of every address of every region; one socket takes both families."""
        assert port in PORTS
        return [self._network.namespaces[region].run(lambda: _listening("::", port)) for region in REGIONS]

    def _write_files(self) -> None:
        settings = self.settings()
        geoip.write(self.scenario.blocks, Path(settings["GEOIP_CITY_DB"]), Path(settings["GEOIP_ASN_DB"]))
        Path(settings["OPTOUT_FILE"]).write_text("".join(f"{line}\n" for line in self.scenario.opted_out))
        with self.domains_file.open("w", encoding="utf-8", newline="") as file:
            file.writelines(self.scenario.list_file())


def _bound(family: socket.AddressFamily, kind: socket.SocketKind, address: str) -> socket.socket:
    one = socket.socket(family, kind)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    one.bind((address, 53))
    if kind == socket.SOCK_STREAM:
        one.listen(BACKLOG)
    one.setblocking(False)
    return one


def _listening(address: str, port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    one.bind((address, port))
    one.listen(BACKLOG)
    one.setblocking(False)
    return one
