"""
The other programs: their command lines, and what their output says about each subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.peers.ours import AT_ONCE, ECHOES, INTERVAL_S
from ipv6matrix.items import Failure, Status

Results = dict[str, object]

_RCODES: Final = {"NXDOMAIN": Status.NXDOMAIN, "SERVFAIL": Failure.SERVFAIL, "T": Failure.TIMEOUT}
_LOOKUP: Final = re.compile(r"^> (\S+) (\S+) (\S+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A program of Debian that does what one of our probes does."""

    name: str
    command: Callable[[Path, int, str], list[str]]
    "From the file of subjects, the limit, and the resolver."
    parse: Callable[[str], Results]
    differences: Callable[[object, object], int]
    "How many facts about a subject differ, ours and theirs."
    facts: Callable[[object], int]


def dnsperf(file: Path, limit: int, server: str) -> list[str]:
    """Return the command that sends each query once; a time limit of 5 s is that of QUERY_LIFETIME."""
    return ["dnsperf", "-s", server, "-d", str(file), "-n", "1", "-q", str(limit), "-t", "5", "-v", "-W"]


def lookups(output: str) -> Results:
    """Parse the outcome of each query; dnsperf does not tell an answer without records from one with some."""
    return {f"{name} {kind}": _RCODES.get(word, Status.OK) for word, name, kind in _LOOKUP.findall(output)}


def fping(file: Path, limit: int, _: str) -> list[str]:
    """Return the command that sends as many Echo Requests to each address at the same rate."""
    apart_ms, interval_ms = 1000 / limit, 1000 * INTERVAL_S
    return ["fping", "-C", str(ECHOES), "-q", "-i", f"{apart_ms}", "-p", f"{interval_ms}", "-t1000", "-f", str(file)]


def pings(output: str) -> Results:
    """Parse the round-trip times of each address, in milliseconds."""
    lines = (line.split(" : ") for line in output.splitlines() if " : " in line)
    return {address.strip(): [float(time) for time in times.split() if time != "-"] for address, times in lines}


def scamper(file: Path, limit: int, _: str) -> list[str]:
    """Return the command that traces with one Echo Request per TTL and gives up after five silent TTLs."""
    trace = "trace -P icmp-paris -q 1 -w 1 -g 5 -m 30"
    return ["scamper", "-O", "text", "-p", str(limit), "-w", str(AT_ONCE), "-c", trace, "-f", str(file)]


def traces(output: str) -> Results:
    """Parse the routers on the way to each address; None for a silent one."""
    routers: Results = {}
    for path in output.split("traceroute from ")[1:]:
        first, *hops = path.splitlines()
        routers[first.split()[-1]] = [None if hop.split()[1] == "*" else hop.split()[1] for hop in hops]
    return routers


def _status(ours: object, theirs: object) -> int:
    return ours != theirs and not (ours == Status.NODATA and theirs == Status.OK)


def _replies(ours: object, theirs: object) -> int:
    assert isinstance(ours, list)
    assert isinstance(theirs, list)
    return abs(len(ours) - len(theirs))


def _hops(ours: object, theirs: object) -> int:
    """Count the TTLs at which different routers, or only one of two, answered."""
    assert isinstance(ours, list)
    assert isinstance(theirs, list)
    longest = max(len(ours), len(theirs))
    padded = [hops + [None] * (longest - len(hops)) for hops in (ours, theirs)]
    return sum(our_hop != their_hop for our_hop, their_hop in zip(*padded, strict=True))


def _length(result: object) -> int:
    assert isinstance(result, list)
    return len(result)


TOOLS: Final = {
    "lookups": Tool(name="dnsperf", command=dnsperf, parse=lookups, differences=_status, facts=lambda _: 1),
    "pings": Tool(name="fping", command=fping, parse=pings, differences=_replies, facts=lambda _: ECHOES),
    "traces": Tool(name="scamper", command=scamper, parse=traces, differences=_hops, facts=_length),
}
