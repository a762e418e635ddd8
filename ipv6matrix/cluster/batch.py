"""
What a machine and the database tell each other once a second.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from ipv6matrix.items import Answered
from ipv6matrix.store.counts import Counts


class Request(NamedTuple):
    """A request that was found."""

    bucket: int
    key: bytes
    url: str
    fresh: bool
    "True if its bucket is not owned by the machine that found it."


class Answer(NamedTuple):
    """An answered request, with its item as text."""

    bucket: int
    key: bytes
    rank: int
    "Answers of a lower rank are written first: lookups before probes, and retries after both."
    payload: str
    item: Answered


class ZoneOfHost(NamedTuple):
    """A zone, and a host that is one of its name servers."""

    bucket: int
    "That of the host."
    host: str
    zone: str


class HostOfAddress(NamedTuple):
    """A host, and an address of it that may be probed."""

    bucket: int
    "That of the address."
    address: str
    host_bucket: int
    host: str


@dataclass(slots=True)
class Batch:
    """Changes that are committed together, in one transaction."""

    requests: dict[bytes, Request] = field(default_factory=dict)
    answers: dict[bytes, Answer] = field(default_factory=dict)
    discards: Counter[str] = field(default_factory=Counter)
    zones: set[ZoneOfHost] = field(default_factory=set)
    hosts: set[HostOfAddress] = field(default_factory=set)
    listed: set[int] = field(default_factory=set)
    "Owned buckets whose domains of the list are all among the requests."
    settled: set[int] = field(default_factory=set)
    "Owned buckets in which nothing is left to do, or to retry."
    searched: int = 0
    "Number of links (zones of hosts, hosts of addresses) in which requests for the settled buckets were searched."
    released: set[int] = field(default_factory=set)
    "Buckets to give back, after this batch."
    owned: int = 0
    "Number of buckets of the machine."
    record: str = "{}"
    "Progress of the machine, for `scrapy status`."
    leaves: bool = False
    "True for the last batch of a machine that stops."


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a machine learns about the whole crawl."""

    workers: int
    is_listed: bool
    "The list was read."
    is_quiet: bool
    "The list was read, and no request is pending: failures may be retried."
    has_ended: bool
    links: int
    "Number of zones of hosts and hosts of addresses that all machines have stored."
    opt_outs: tuple[str, ...] | None
    "Lines as in an opt-out file; None if they are those of the last exchange."
    fresh: tuple[str, ...]
    "Requests that other machines found for buckets of this one."
    gained: Counts
    "What the batch has added: a request that another machine found before is not new."
    whole: Counts
    "Of all machines, from the start of the crawl."
