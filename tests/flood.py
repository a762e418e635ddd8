"""
Crawls domains with very many hosts, all in one /48, before ordinary domains: do they delay the ordinary ones?

    python -m tests.flood [--domains N] [--floods N] [--hosts N] [-s NAME=VALUE]

Ends the crawl when the ordinary domains are done, and prints facts as JSON.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from ipv6matrix.exceptions import OutdatedError, StoreError
from ipv6matrix.store.database import Store
from simnet import namespaces
from simnet.flooded import FLOODS, Flooded, flooded
from simnet.internet import Internet
from simnet.packets import Packet
from tests import crawls
from tests.test_rates import most_in_a_second, probes

_LOOK_EVERY_S = 0.5
# All requests, those about flood domains counted separately.
_REQUESTS = "SELECT slot, instr(url, 'flood') + instr(url, ?) > 0, count(*), count(done_at) FROM requests GROUP BY 1, 2"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The state of a crawl when its ordinary domains were done, or when the flood had used up its time."""

    domains: int
    "Number of answered domains of the list."
    ordinary_pending: int
    "Number of pending requests of ordinary domains."
    flood_found: int
    flood_pinged: int
    "Numbers of addresses of floods: found and pinged."
    busiest_second: int
    "Highest number of probe packets per second to the network of the floods."
    mean_rate: float
    "Packets per second to it, from the first to the last."


def main() -> int:
    options = _options()
    with namespaces.unavailable_exits():
        namespaces.enter()
        with tempfile.TemporaryDirectory(prefix="flood-") as scratch:
            scenario = flooded(options.domains, options.floods, options.hosts)
            with Internet(scenario, scratch) as internet:
                chosen = dict(word.split("=", 1) for word in options.set)
                print(json.dumps(asdict(crawl(internet, scenario, Path(scratch), chosen, options.enough))))
    return 0


def crawl(internet: Internet, scenario: Flooded, scratch: Path, chosen: dict[str, str], enough: int) -> Facts:
    """Crawl until the ordinary domains are done, or until `enough` addresses of floods are pinged."""
    place = scratch / "crawls"
    settings = internet.settings() | crawls.folders(place) | {"SECOND_PASS": False, "EXPORTS": ""} | chosen
    log = scratch / "crawl.log"
    process = subprocess.Popen([*crawls.command(internet.domains_file, settings), "--logfile", str(log)])
    counts = _Counts()
    while process.poll() is None and not counts.is_over(scenario, enough):
        time.sleep(_LOOK_EVERY_S)
        counts = _look(place / "current" / "ips.db") or counts
    process.send_signal(signal.SIGINT)
    process.wait()
    sent = [packet for packet in probes(internet.packets()) if _is_flood(packet)]
    times = [packet.sent_at for packet in sent]
    return Facts(
        domains=counts.domains,
        ordinary_pending=counts.ordinary_pending,
        flood_found=counts.flood_found,
        flood_pinged=counts.flood_pinged,
        busiest_second=most_in_a_second(sent),
        mean_rate=round((len(times) - 1) / (max(times) - min(times)), 1),
    )


@dataclass(frozen=True, kw_only=True)
class _Counts:
    domains: int = 0
    ordinary_pending: int = 0
    flood_found: int = 0
    flood_pinged: int = 0

    def is_over(self, scenario: Flooded, enough: int) -> bool:
        is_read = self.domains == scenario.count + scenario.floods
        return (is_read and not self.ordinary_pending) or self.flood_pinged >= enough


def _look(path: Path) -> _Counts | None:
    """Return the committed counts; None while there is no database yet."""
    try:
        with closing(Store.read(path)) as store:
            rows = store.query(_REQUESTS, (_block(),))
            ((domains,),) = store.query("SELECT count(*) FROM domains")
    except (StoreError, OutdatedError):
        return None
    pings = next(((added, done) for slot, is_flood, added, done in rows if slot == "ping" and is_flood), (0, 0))
    pending = sum(added - done for _, is_flood, added, done in rows if not is_flood)
    return _Counts(domains=domains, ordinary_pending=pending, flood_found=pings[0], flood_pinged=pings[1])


def _block() -> str:
    return str(FLOODS[0].network6).partition("::")[0] + ":"


def _is_flood(packet: Packet) -> bool:
    return packet.family == 6 and ip_address(packet.destination) in ip_network(str(FLOODS[0].network6))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.flood", description=(__doc__ or "").strip().partition("\n")[0]
    )
    parser.add_argument("--domains", type=int, default=100, help="how many ordinary domains the list has")
    parser.add_argument("--floods", type=int, default=3, help="how many domains of very many hosts come before them")
    parser.add_argument("--hosts", type=int, default=400, help="how many hosts each of these has")
    parser.add_argument("--enough", type=int, default=10**9, help="end when as many of these hosts are pinged")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the crawl")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
