"""
Name servers: which zones each address serves, and what it answers for them.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from ipv6matrix.items import Family, NameServerAnswer
from ipv6matrix.store.database import Store

# Number of domains that are read at a time: some ten milliseconds.
_CHUNK: Final = 250
_POSITION_BITS: Final = 63


class Pair(NamedTuple):
    """A zone, and an address of one of its name servers that may be probed."""

    zone: str
    address: str


def position(zone: str) -> int:
    """
    Return where a zone stands in the order in which addresses are asked for their zones, from 0 to 2**63 - 1.

    It is a hash of the name: the first zones of an address are a random sample of all of them, and
    the same in every crawl, whenever and by whichever machine they are found.
    """
    return int.from_bytes(blake2b(zone.encode(), digest_size=8).digest(), "big") >> 64 - _POSITION_BITS


def pairs(store: Store) -> Iterator[list[Pair]]:
    """Yield every pair once, in the order of positions, chunk by chunk; the first chunks are empty."""
    ((last,),) = store.query("SELECT ifnull(max(id), 0) FROM domains")
    parts = [array("q") for _ in range(last // _CHUNK + 1)]
    for after in range(0, last, _CHUNK):
        for domain_id, name in store.query(_NAMES, (after, after + _CHUNK)):
            parts[position(name) * len(parts) >> _POSITION_BITS].append(domain_id)
        yield []
    for part in parts:
        some = [Pair(*row) for row in store.query(_PAIRS, (json.dumps(part.tolist()),))]
        positions = {zone: position(zone) for zone in {pair.zone for pair in some}}
        yield sorted(some, key=lambda pair: (positions[pair.zone], pair))


def is_asked(store: Store, pair: Pair) -> bool:
    """Return whether a pair has an answer over UDP."""
    return bool(store.query(_IS_ASKED, pair))


def hosts(store: Store, zone: str) -> list[str]:
    """Return the name servers of a zone."""
    return [host for (host,) in store.query(_HOSTS, (zone,))]


def addresses(store: Store, host: str) -> list[str]:
    """Return the addresses of a host that may be probed."""
    return [address for (address,) in store.query(_ADDRESSES, (host,))]


def answers(store: Store) -> dict[tuple[str, str], NameServerAnswer]:
    """Return the answer of each pair over UDP; `sampled` if only other zones of its address were asked."""
    return {(zone, address): NameServerAnswer(word) for zone, address, word in store.query(_ANSWERS)}


def over_tcp(store: Store) -> dict[str, NameServerAnswer]:
    """Return the answer of each address over TCP, which is asked for one zone."""
    return {address: NameServerAnswer(word) for address, word in store.query(_OVER_TCP)}


def answering(store: Store, family: Family) -> dict[str, bool | None]:
    """
    Return, by zone, whether an address of a family answers as its authority.

    None if none is known to, and some could not be tested. Zones without such an address are missing.
    """
    return {
        zone: bool(good) or (None if doubtful else False) for zone, good, doubtful in store.query(_ZONES, (family,))
    }


def serial_differs(store: Store) -> set[str]:
    """Return the zones whose newest serial number is not the same over both families."""
    return {zone for (zone,) in store.query(_SERIAL_DIFFERS)}


# A domain whose name is an alias is no zone.
_NAMED: Final = """
    domains JOIN lookups ON owner = 'domain' AND owner_id = domains.id AND type = 'NS'
                            AND status = 'ok' AND canonical_name IS NULL
    JOIN roles ON roles.domain_id = domains.id AND roles.kind = 'NS'"""
_SERVED: Final = f"""
    {_NAMED}
    JOIN host_addresses ON host_addresses.host_id = roles.host_id AND choice IS NOT NULL
    JOIN addresses ON addresses.id = host_addresses.address_id"""

_NAMES: Final = "SELECT id, name FROM domains WHERE id > ? AND id <= ?"

_PAIRS: Final = f"""
    SELECT DISTINCT domains.name, address FROM {_SERVED} WHERE domains.id IN (SELECT value FROM json_each(?))"""

_IS_ASKED: Final = """
    SELECT 1 FROM name_servers WHERE domain_id = (SELECT id FROM domains WHERE name = ?)
    AND address_id = (SELECT id FROM addresses WHERE address = ?) AND tcp = 0"""

_HOSTS: Final = f"SELECT hosts.name FROM {_NAMED} JOIN hosts ON hosts.id = roles.host_id WHERE domains.name = ?"

_ADDRESSES: Final = """
    SELECT address FROM hosts JOIN host_addresses ON host_addresses.host_id = hosts.id AND choice IS NOT NULL
    JOIN addresses ON addresses.id = host_addresses.address_id WHERE hosts.name = ?"""

_ANSWERS: Final = f"""
    SELECT DISTINCT domains.name, address, ifnull(answer, '{NameServerAnswer.SAMPLED}')
    FROM {_SERVED} LEFT JOIN name_servers
         ON name_servers.domain_id = domains.id AND name_servers.address_id = addresses.id AND tcp = 0
    WHERE addresses.id IN (SELECT address_id FROM name_servers)"""

_OVER_TCP: Final = "SELECT address, answer FROM name_servers JOIN addresses ON addresses.id = address_id WHERE tcp = 1"

_ZONES: Final = f"""
    SELECT name, sum(answer = '{NameServerAnswer.AUTHORITATIVE}'), sum(answer = '{NameServerAnswer.UNTESTABLE}')
    FROM name_servers JOIN domains ON domains.id = domain_id JOIN addresses ON addresses.id = address_id
    WHERE tcp = 0 AND family = ? GROUP BY domain_id"""

_SERIAL_DIFFERS: Final = """
    SELECT name FROM name_servers JOIN domains ON domains.id = domain_id JOIN addresses ON addresses.id = address_id
    WHERE tcp = 0 GROUP BY domain_id
    HAVING max(serial) FILTER (WHERE family = 4) <> max(serial) FILTER (WHERE family = 6)"""
