"""
Generates an ips.db of any number of domains, for measuring what is computed from one.

The rows are inserted directly into the tables, as a crawl would have left them: half
of the domains in com and a long tail of TLDs, name servers and mail exchangers that
many share, two fifths of the web on shared addresses, a third of it dual-stack,
paths over a few thousand routers, and an occasional failure of every kind.
The same number of domains and the same seed give the same rows.

    python -m tools.made_up ips.db 100000
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any, Final

from ipv6matrix import settings
from ipv6matrix.config import checks
from ipv6matrix.store.database import Store

RUN: Final = "2024-05-06__07-08-09"
AT: Final = 1_714_979_289
BATCH: Final = 2_000
ROUTERS: Final = 4_000
# Shares: dual-stack machines, addresses that never answer, addresses without a name, requests that fail.
DUAL_STACK, SILENT, UNNAMED, FAILING = 0.35, 0.12, 0.25, 0.02
LABELS: Final = (
    ("WWW", "www"),
    ("WWW", "www6"),
    ("WWW", "ipv6"),
    ("WWW", "www.ipv6"),
    ("WWW", "six"),
    ("NTP", "ntp"),
    ("NTP", "time"),
)
# Shares of domains in which the label exists.
GUESSED: Final = {"www": 0.93, "www6": 0.02, "ipv6": 0.02, "www.ipv6": 0.01, "six": 0.005, "ntp": 0.01, "time": 0.01}
TABLES: Final = {
    "domains": "id, name, tld, asked_at",
    "soa_records": "domain_id, mname, rname, serial, refresh_s, retry_s, expire_s, minimum_s",
    "hosts": "id, name, asked_at",
    "lookups": "owner, owner_id, type, status, ttl_s, records, asked_at",
    "roles": "domain_id, kind, host_id, priority",
    "addresses": "id, address, family, kind, asn, as_organisation, city, region, country_code, latitude, longitude,"
    " found_at",
    "host_addresses": "host_id, family, position, address_id, choice",
    "reverse_names": "address_id, name",
    "pings": "address_id, sent, rtts_ms, asked_at",
    "ports": "address_id, port, open, connect_ms, failure, asked_at",
    "smtp_sessions": "address_id, greeting_code, greeting, hello, starttls, asked_at",
    "traces": "address_id, reached_ttl, stop, asked_at",
    "hops": "address_id, ttl, router_id, rtt_ms",
}


def make(path: Path, domains: int, seed: int = 2022) -> None:
    """Write the database of a finished crawl."""
    Store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        world = World(domains=domains, random=Random(seed))
        world.set_up()
        numbers = iter(range(domains))
        while batch := list(islice(numbers, BATCH)):
            for number in batch:
                world.add_domain(number)
            _save(connection, world)
    store = Store(path)
    store.record_crawl(**_crawl())
    store.close()


def _save(connection: sqlite3.Connection, world: World) -> None:
    connection.execute("BEGIN")
    for table, columns in TABLES.items():
        marks = ", ".join("?" * len(columns.split(",")))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", world.rows[table])
        world.rows[table].clear()
    connection.execute("COMMIT")


def _crawl() -> dict[str, Any]:
    return {
        "run": RUN,
        "version": "made up",
        "settings": json.dumps({name: getattr(settings, name) for name in checks.CHECKS}),
        "list": "made up",
        "list_sha256": "0" * 64,
        "started_at": AT,
        "starts": 1,
        "vantage4": "192.0.2.1",
        "vantage6": "2001:db8::1",
        "resolver": "[::1]:53",
        "skipped": "{}",
        "ended_at": AT + 86_400,
        "end_reason": "finished",
    }


@dataclass
class World:
    """Generates rows, and remembers the hosts and addresses that domains share."""

    domains: int
    random: Random
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in TABLES})
    hosts: int = 0
    addresses: int = 0

    def set_up(self) -> None:
        """Generate what exists before the first domain: places, routers, providers."""
        self.places = [self._place(number) for number in range(600)]
        self.routers = {4: [self._router(4) for _ in range(ROUTERS)], 6: [self._router(6) for _ in range(ROUTERS)]}
        self.name_servers = [self._provider("ns", number) for number in range(20 + self.domains // 60)]
        self.exchangers = [self._provider("mx", number) for number in range(20 + self.domains // 100)]
        self.shared_web = [self._pair() for _ in range(20 + self.domains // 50)]
        self.tlds, self.weights = _tlds()

    def add_domain(self, number: int) -> None:
        """Generate one domain of the list and everything that belongs to it."""
        (tld,) = self.random.choices(self.tlds, cum_weights=self.weights)
        name = f"{_word(number * 2_654_435_761 % 2**32)}{number}.{tld}"
        servers = self._served(f"ns{{}}.{name}", self.name_servers, 0.9)
        exchangers = self._served(f"mx{{}}.{name}", self.exchangers, 0.8)
        ns, mx = self._status(servers), self._status(exchangers)
        self.rows["domains"].append((number + 1, name, tld, AT))
        self._lookups("domain", number + 1, MX=mx, NS=ns, SOA=ns)
        if ns == "ok":
            self._role(number, "NS", [(host, rank) for rank, host in enumerate(servers, start=1)])
            self.rows["soa_records"].append(
                (number + 1, f"ns1.{name}", f"hostmaster.{name}", 2024050600 + number, 7200, 3600, 1209600, 300)
            )
        if mx == "ok":
            self._role(number, "MX", [(host, 10 * rank) for rank, host in enumerate(exchangers, start=1)])
        for kind, label in LABELS:
            exists = self.random.random() < GUESSED[label]
            self._role(number, kind, [(self._host(f"{label}.{name}", self._web() if exists else ()), 0)])

    def _role(self, number: int, kind: str, hosts: list[tuple[int, int]]) -> None:
        self.rows["roles"] += [(number + 1, kind, host, priority) for host, priority in hosts]

    def _status(self, hosts: list[int]) -> str:
        if self.random.random() < FAILING:
            return self.random.choice(("servfail", "timeout", "refused"))
        return "ok" if hosts else "nodata"

    def _served(self, own: str, providers: list[list[int]], share: float) -> list[int]:
        """Return the hosts of a kind that a domain uses: a provider's, two of its own, or none."""
        chance = self.random.random()
        if chance < share:
            # A few providers serve most domains.
            return providers[int(len(providers) * self.random.random() ** 3)]
        if chance > share + (1 - share) / 2:
            return []
        return [self._host(own.format(number), self._pair()) for number in (1, 2)]

    def _provider(self, label: str, number: int) -> list[int]:
        count = self.random.choice((2, 3, 4) if label == "ns" else (1, 2, 3))
        return [self._host(f"{label}{host}.provider-{number}.net", self._pair()) for host in range(1, count + 1)]

    def _web(self) -> tuple[int, ...]:
        return self.random.choice(self.shared_web) if self.random.random() < 0.4 else self._pair()

    def _host(self, name: str, addresses: tuple[int, ...]) -> int:
        self.hosts += 1
        statuses = ["ok", "ok" if len(addresses) > 1 else "nodata"] if addresses else ["nxdomain", "nxdomain"]
        if not addresses and self.random.random() < FAILING:
            statuses = ["timeout", "servfail"]
        self.rows["hosts"].append((self.hosts, name, AT))
        self._lookups("host", self.hosts, A=statuses[0], AAAA=statuses[1])
        for family, address in zip((4, 6), addresses, strict=False):
            self.rows["host_addresses"].append((self.hosts, family, 1, address, 1))
        return self.hosts

    def _lookups(self, owner: str, number: int, **statuses: str) -> None:
        self.rows["lookups"] += [
            (owner, number, rdtype, status, 3600, 1 if status == "ok" else None, AT)
            for rdtype, status in statuses.items()
        ]

    # --- addresses ---

    def _pair(self) -> tuple[int, ...]:
        """Generate the addresses of one machine: IPv4, and for some IPv6."""
        place = self.random.choice(self.places)
        dual = self.random.random() < DUAL_STACK
        return tuple(self._address(family, place) for family in ((4, 6) if dual else (4,)))

    def _address(self, family: int, place: tuple[Any, ...]) -> int:
        address = self._next(family, "global", *place, AT)
        answers = self.random.random() > SILENT
        rtt_ms = self.random.uniform(5, 250)
        rtts_ms = [round(rtt_ms + self.random.expovariate(1), 3) for _ in range(5)] if answers else []
        self.rows["pings"].append((address, 5, json.dumps(rtts_ms), AT))
        self._reverse(address, f"host-{address}.{_word(address)}.net")
        self._ports(address, rtt_ms)
        self._trace(address, family, rtt_ms, answers=answers)
        return address

    def _next(self, family: int, kind: str | None, *columns: Any) -> int:
        self.addresses += 1
        high, low = divmod(self.addresses, 65_536)
        text = f"2a00:{high + 1:x}:{low:x}:1::1" if family == 6 else f"20.{high}.{low >> 8}.{low & 255}"
        self.rows["addresses"].append((self.addresses, text, family, kind, *(columns or (None,) * 8)))
        return self.addresses

    def _router(self, family: int) -> int:
        address = self._next(family, None)
        self._reverse(address, f"ae{address % 9}.core{address}.backbone-{address % 40}.net")
        return address

    def _reverse(self, address: int, name: str) -> None:
        chance = self.random.random()
        status = "nxdomain" if chance < UNNAMED else "servfail" if chance > 1 - FAILING else "ok"
        self._lookups("address", address, PTR=status)
        if status == "ok":
            self.rows["reverse_names"].append((address, name))

    def _ports(self, address: int, rtt_ms: float) -> None:
        for port, share in ((25, 0.4), (80, 0.85), (443, 0.8)):
            is_open = self.random.random() < share
            failure = None if is_open else self.random.choice(("timeout", "connection_refused"))
            self.rows["ports"].append((address, port, is_open, round(rtt_ms, 3) if is_open else None, failure, AT))
            if port == 25 and is_open:
                starttls = self.random.choice(("accepted", "accepted", "accepted", "not_offered", "refused"))
                self.rows["smtp_sessions"].append((address, 220, "mail ESMTP", "EHLO", starttls, AT))

    def _trace(self, address: int, family: int, rtt_ms: float, *, answers: bool) -> None:
        length = self.random.randint(8, 16)
        # A few routers are on most paths.
        hops = [self.routers[family][int(ROUTERS * self.random.random() ** 3)] for _ in range(length - 1)]
        seen = [None if self.random.random() < 0.1 else router for router in hops]
        seen += [address] if answers else [None] * 5
        self.rows["traces"].append((address, length if answers else None, "reached" if answers else "gap_limit", AT))
        self.rows["hops"] += [
            (address, ttl, router, round(rtt_ms * ttl / length, 3) if router else None)
            for ttl, router in enumerate(seen, start=1)
        ]

    def _place(self, number: int) -> tuple[Any, ...]:
        """Return columns of `addresses`: a system in one of sixty countries."""
        country = f"{chr(65 + number % 60 // 26)}{chr(65 + number % 26)}"
        organisation = f"{_word(number).title()} {self.random.choice(('Networks', 'Hosting, Inc.', 'Telecom', 'GmbH'))}"
        if self.random.random() < FAILING:
            return (None,) * 7
        latitude, longitude = round(self.random.uniform(-50, 65), 4), round(self.random.uniform(-179, 179), 4)
        return (64_512 + number, organisation, f"City {number}", f"Region {number % 7}", country, latitude, longitude)


def _tlds() -> tuple[list[str], list[float]]:
    """Return TLDs and their cumulative weights: com has half of the total, the others a long tail."""
    others = dict.fromkeys(["net", "org", "de", "ru", "uk", "info", "nl", "br", "fr", "it", *map(_word, range(1_500))])
    return ["com", *others], list(accumulate([5.0, *(_share(rank) for rank in range(1, len(others) + 1))]))


def _share(rank: int) -> float:
    # The sum of 1,500 such shares is about 5, so com has half of the total.
    return 0.64 / rank


_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "ve")


def _word(number: int) -> str:
    """Convert a number to syllables."""
    text = _SYLLABLES[number % 16]
    while number := number // 16:
        text += _SYLLABLES[number % 16]
    return text


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
