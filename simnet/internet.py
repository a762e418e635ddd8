"""
The simulated Internet as one object: start it, read its records, break it at run time, stop it.

    with Internet(showcase(), directory) as internet:
        internet.address("silent", 6)
"""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from simnet import filters, geoip, logs, packets
from simnet.logs import Connection, PageRequest, Query, SmtpSession
from simnet.network import Network
from simnet.packets import Packet
from simnet.scenario import Scenario
from simnet.services import CA_FILE, Services
from simnet.spoofer import Spoofer
from simnet.topology import (
    FAMILIES,
    LINKS,
    REGIONS,
    RESOLVER6_PORT,
    RESOLVER_ADDRESS,
    VANTAGE,
    Family,
    references,
)

# The documentation and benchmarking prefixes that contain the servers; a crawler must be allowed to probe them.
ALLOWED_NETWORKS: Final = "198.18.0.0/15,2001:db8::/32"

_running: list[Internet] = []


def running() -> Internet | None:
    """Return the Internet that is running in this process."""
    return _running[-1] if _running else None


class Internet:
    """
    A running simulated Internet; this process becomes its vantage point.

    `record` records every packet that leaves the vantage point, every query,
    connection and mail session. `near_resolver` puts the resolver on the
    vantage point's own link (well below 1 ms) instead of 20 ms away.
    `ping_sockets` allows unprivileged ICMP sockets for every group. A process
    can run one at a time.
    """

    resolver4: Final = RESOLVER_ADDRESS[4]
    resolver6: Final = RESOLVER_ADDRESS[6]
    resolver_without_ipv4: Final = (RESOLVER_ADDRESS[6], RESOLVER6_PORT)

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
        self._services = Services(self._network, scenario, self.directory, record=record)
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Build and start everything; raises InternetUnavailable if the machine does not support it."""
        if _running:
            raise RuntimeError("this process has a running Internet already: stop() it first")
        self.directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as cleanup:
            _running.append(self)
            cleanup.callback(_running.remove, self)
            cleanup.callback(self._network.close)
            self._network.build()
            self._open_ping_sockets()
            cleanup.callback(self._services.stop)
            self._services.start()
            self._write_files()
            self._services.wait()
            self._cleanup = cleanup.pop_all()
        return self

    def stop(self) -> None:
        """Stop all helpers and release all namespaces; records stay readable."""
        with self._cleanup:
            if self in _running:
                self._services.flush()

    # Configuration of a crawler

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that web servers are trusted by."""
        return self.directory / CA_FILE

    @property
    def domains_file(self) -> Path:
        """The list to crawl."""
        return self.directory / "domains.txt"

    def settings(self) -> dict[str, str]:
        """Return the Scrapy settings of a crawl of this Internet."""
        return {
            "NAMESERVERS": f"{self.resolver4},{self.resolver6}",
            "PROBE_ALLOWED_NETWORKS": ALLOWED_NETWORKS,
            "HEALTH_TARGETS": ",".join(address for family in FAMILIES for address in references(family)),
            "GEOIP_CITY_DB": str(self.directory / "city.mmdb"),
            "GEOIP_ASN_DB": str(self.directory / "asn.mmdb"),
            "OPTOUT_FILE": str(self.directory / "optout.txt"),
            "TRUSTED_CERTIFICATES": str(self.ca_file),
        }

    def address(self, block: str, family: Family, n: int = 0) -> str:
        """Return the address of host n of a block; there is a block named after every behaviour."""
        return self.scenario.table.by_name[block].address(family, n)

    # Records

    def packets(self, since: float = 0.0) -> list[Packet]:
        """Return what the vantage point sent into the world, whether or not it arrived."""
        return [packet for packet in packets.read(self._recorded("forwarder")) if packet.sent_at >= since]

    def queries(self, since: float = 0.0) -> list[Query]:
        """Return the queries that reached the resolver."""
        return [query for query in logs.queries(self._recorded("resolver")) if query.asked_at >= since]

    def authoritative_queries(self, since: float = 0.0) -> list[Query]:
        """Return the queries that reached the authoritative servers."""
        return [query for query in logs.queries(self._recorded("authority")) if query.asked_at >= since]

    def connections(self, since: float = 0.0) -> list[Connection]:
        """Return the accepted connections to ports 80 and 443."""
        return [
            connection for connection in logs.connections(self._recorded("servers")) if connection.accepted_at >= since
        ]

    def page_requests(self, since: float = 0.0) -> list[PageRequest]:
        """Return the HTTP requests that web servers received."""
        return [request for request in logs.page_requests(self._recorded("requests")) if request.asked_at >= since]

    def smtp_sessions(self, since: float = 0.0) -> list[SmtpSession]:
        """Return the mail sessions that have ended."""
        return [session for session in logs.smtp_sessions(self._recorded("smtp")) if session.ended_at >= since]

    def local_packets(self) -> dict[str, int]:
        """Count Echo Requests and TCP SYNs to ports 25, 80 and 443 that went to loopback or link-local addresses."""
        command = ["nft", "-j", "list", "counters", "table", "inet", "sim"]
        result = subprocess.run(command, capture_output=True, check=True)
        counters = [row["counter"] for row in json.loads(result.stdout)["nftables"] if "counter" in row]
        return {
            counter["name"]: counter["packets"] for counter in counters if counter["name"] in filters.LOCAL_COUNTERS
        }

    def cpu_seconds(self) -> float:
        """Return the CPU time of all helpers so far, in seconds: the simulation's share of a benchmark."""
        return sum(self._services.cpu_seconds().values())

    def statistics(self) -> dict[str, dict[str, float]]:
        """Return the counts of each helper (packets moved, queries answered …) and its CPU time in seconds."""
        return self._services.statistics()

    # Faults at run time

    def resolver_mode(self, mode: str) -> None:
        """
        Make the resolver answer as a word of `zones.Fault` or `resolver.LIES` says, or `normal` again.

        `dns64 PREFIX` synthesizes AAAA records from A records, as specified in RFC 6147.
        """
        self._services.ask("resolver", f"mode {mode}")

    def forget(self) -> None:
        """Make the resolver and the name servers treat every query as one that they have not received before."""
        for helper in ("resolver", "resolver6", "authority"):
            self._services.ask(helper, "forget")

    def drop(self, *families: Family) -> None:
        """Drop all packets of these families on the vantage point's link from now on; without arguments, drop none."""
        self._services.ask("forwarder", " ".join(("drop", *map(str, families))))

    def spoofer(self) -> Spoofer:
        """Return a remote attacker that sends replies in the resolver's name."""
        vantage = next(link.address(VANTAGE, 4) for link in LINKS if link.upper == VANTAGE)
        return Spoofer(self._network.namespaces["near"], self.resolver4, vantage)

    def cut(self, *families: Family) -> None:
        """Drop what the first router forwards, except to the resolver; without arguments, drop nothing."""
        self._filter("r1", "cut", filters.cut(families))

    def ban(self, seconds: int) -> None:
        """Make all servers ban the sender of a SYN to ports 25 or 443 for some seconds; 0 ends that."""
        for region in REGIONS:
            self._filter(region, "ban", filters.ban(seconds))

    def limit_echoes(self, per_minute: int) -> None:
        """Limit the number of Echo Requests per minute that each region answers; 0 removes the limit."""
        for region in REGIONS:
            self._filter(region, "echoes", filters.limit(per_minute))

    def _filter(self, node: str, table: str, rules: list[str]) -> None:
        """Replace the rules of the same name."""
        lines = [f"add table inet {table}", f"delete table inet {table}", *rules]
        self._network.namespaces[node].batch("nft", "-f", "-", lines=lines)

    def _recorded(self, helper: str) -> Path:
        if not self._record:
            raise RuntimeError("this Internet was started with record=False")
        if self in _running:
            self._services.flush()
        return self._services.path(helper)

    def _open_ping_sockets(self) -> None:
        """Allow or forbid them: in a user namespace, where no other group exists, the range ends at 0."""
        for value in ("0 0", "0 2147483647") if self._ping_sockets else ("1 0",):
            self._network.namespaces[VANTAGE].set(net__ipv4__ping_group_range=value)

    def _write_files(self) -> None:
        settings = self.settings()
        geoip.write(self.scenario.blocks, Path(settings["GEOIP_CITY_DB"]), Path(settings["GEOIP_ASN_DB"]))
        Path(settings["OPTOUT_FILE"]).write_text("".join(f"{line}\n" for line in self.scenario.opted_out))
        with self.domains_file.open("w", encoding="utf-8", newline="") as file:
            file.writelines(self.scenario.list_file())
