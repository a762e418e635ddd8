"""
The words of the project: what probes observe and what the spider hands to the pipelines.

An *observation* is what one probe learned; an *item* is what one answered
request adds to the database. docs/observations.md describes every field, with
the table and column that keeps it.

Three nothings have three spellings: *not asked* is no observation; *asked, no
reply* is an observation without a value; *could not ask* is an observation with
a `failure`. Times are seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Family = Literal[4, 6]


class Failure(StrEnum):
    """The closed list of reasons why a question has no answer."""

    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    FORMERR = "formerr"
    NOTIMP = "notimp"
    OTHER_RCODE = "other_rcode"
    BAD_REPLY = "bad_reply"
    CNAME_LOOP = "cname_loop"
    NAME_TOO_LONG = "name_too_long"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    CONNECTION_CLOSED = "connection_closed"
    HOST_UNREACHABLE = "host_unreachable"
    NETWORK_UNREACHABLE = "network_unreachable"
    PERMISSION_DENIED = "permission_denied"
    NOT_SMTP = "not_smtp"
    SERVICE_UNAVAILABLE = "service_unavailable"
    HELLO_REFUSED = "hello_refused"
    TLS_FAILED = "tls_failed"
    PROBE_FAILED = "probe_failed"


# Failures that may be gone a while later. For a lookup, all that says nothing of
# the name itself; for an address, what is no answer of the address.
TRANSIENT_LOOKUP_FAILURES = frozenset(
    (
        Failure.TIMEOUT,
        Failure.SERVFAIL,
        Failure.BAD_REPLY,
        Failure.CONNECTION_REFUSED,
        Failure.CONNECTION_RESET,
        Failure.CONNECTION_CLOSED,
        Failure.HOST_UNREACHABLE,
        Failure.NETWORK_UNREACHABLE,
        Failure.PROBE_FAILED,
    )
)
TRANSIENT_ADDRESS_FAILURES = frozenset(
    (Failure.TIMEOUT, Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE, Failure.PROBE_FAILED)
)
# The first outcome of a ping that nobody answered.
NO_REPLY = "no_reply"
# What became of a question whose answer an older crawler kept as "n/a": nothing
# found, or an error. Only crawls that were imported hold this word.
UNRECORDED = "unrecorded"


class Status(StrEnum):
    """How a lookup ended, when it ended with an answer. Else it is a `Failure`."""

    OK = "ok"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"


class Starttls(StrEnum):
    """What became of STARTTLS in an SMTP session (RFC 3207)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_OFFERED = "not_offered"


class Stop(StrEnum):
    """Why a trace asked no further."""

    REACHED = "reached"
    GAP_LIMIT = "gap_limit"
    MAX_TTL = "max_ttl"
    UNREACHABLE = "unreachable"
    OTHER_ADDRESS = "other_address"
    LOOP = "loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaRecord:
    """The start of authority of a zone (RFC 1035 section 3.3.13); times in seconds."""

    mname: str
    rname: str
    serial: int
    refresh_s: int
    retry_s: int
    expire_s: int
    minimum_s: int


# RFC 5952 text for A and AAAA, lower-case names without the final dot for NS and
# PTR, (preference, name) for MX. In the order of the answer.
Records = tuple[str, ...] | tuple[tuple[int, str], ...] | tuple[SoaRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupObservation:
    """
    What a resolver answered to one question.

    `records` is empty unless `status` is `ok`; `nodata` (NOERROR without an
    answer, RFC 2308 section 2.2) and `nxdomain` are answers, every other
    status is a `Failure`.
    """

    name: str
    "The name asked for, lower case, without the final dot."
    type: str
    "A, AAAA, NS, MX, SOA or PTR."
    status: Status | Failure
    records: Records = ()
    ttl_s: int | None = None
    "Smallest TTL of the answer's records; of the negative answer, the resolver's (RFC 2308 section 5)."
    canonical_name: str | None = None
    "Where a chain of CNAMEs ended; None without one."
    aliases: tuple[str, ...] = ()
    "Names that a chain of CNAMEs passed between the name asked for and the canonical one."
    omitted: int = 0
    "Records of the answer that are left out of `records`, as they are too many."
    inferred: bool = False
    "True when nothing was sent: the answer follows from an NXDOMAIN (RFC 8020)."
    asked_at: float

    @property
    def texts(self) -> tuple[str, ...]:
        """The records of an A, AAAA, NS or PTR lookup."""
        return tuple(record for record in self.records if isinstance(record, str))

    @property
    def exchangers(self) -> tuple[tuple[int, str], ...]:
        """The records of an MX lookup, as (preference, host); a null MX (RFC 7505) has the host ""."""
        return tuple(record for record in self.records if isinstance(record, tuple))


@dataclass(frozen=True, slots=True, kw_only=True)
class PingObservation:
    """
    What one series of Echo Requests learned about one address.

    Silence is data: an address that never replies has an empty `rtts_ms` and
    no `failure`. `failure` is set only when this vantage point could not ask.

    Sources: RFC 4443 section 4 and RFC 792 (Echo), RFC 2681 (round-trip delay).
    """

    sent: int
    "Echo Requests that left this host."
    rtts_ms: tuple[float, ...] = ()
    "One round-trip time per answered request, in milliseconds, in sending order."
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PortObservation:
    """
    What one TCP handshake with one port learned (RFC 9293 section 3.5).

    A port that completes the handshake is open; else `failure` says why not.
    A filtered port is `timeout`, a closed one `connection_refused`.
    """

    port: int
    open: bool
    connect_ms: float | None = None
    "Round-trip time of SYN and SYN-ACK as the kernel measured it, in milliseconds."
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """
    What a server's certificate says of itself; nothing here was verified.

    None is a field that cannot be read. The fingerprint needs no reading.
    """

    sha256: str
    "Fingerprint of the DER form, hexadecimal."
    subject: str | None = None
    issuer: str | None = None
    not_before: float | None = None
    not_after: float | None = None
    names: tuple[str, ...] | None = None
    "Subject alternative names of type dNSName (RFC 5280 section 4.2.1.6): the first 250."
    names_total: int | None = None
    "How many such names the certificate has."


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpObservation:
    """
    How far an SMTP session went: greeting, EHLO or HELO, STARTTLS, QUIT.

    `failure` is what kept a session from learning the rest: what ended it before
    its QUIT could be sent, or a server that let nobody in after its greeting.
    `starttls` is None when the session ended before that was known, or when
    it was not asked.

    Sources: RFC 5321 sections 3.1, 4.1.1 and 4.2; RFC 3207 (STARTTLS).
    """

    greeting_code: int | None = None
    greeting: str | None = None
    "Text of the greeting, lines joined by a line feed, at most 500 characters."
    hello: Literal["EHLO", "HELO"] | None = None
    "The greeting of ours that was accepted."
    starttls: Starttls | None = None
    tls_version: str | None = None
    certificate: Certificate | None = None
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpObservation:
    """What one address' ports learned together."""

    ports: tuple[PortObservation, ...]
    smtp: SmtpObservation | None = None
    "None when port 25 was not asked or did not open."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One TTL of a trace; a silent router has neither address nor RTT."""

    ttl: int
    address: str | None = None
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceObservation:
    """
    The path to one address, as Time Exceeded messages tell it.

    `hops` holds every TTL that was asked, from 1, up to the one that reached
    the address or, when none did, to the last that was asked.

    Sources: RFC 792 and RFC 4443 section 3.3 (Time Exceeded).
    """

    hops: tuple[Hop, ...] = ()
    stop: Stop | None = None
    "None when `failure` is set."
    reached_ttl: int | None = None
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A question that was not asked, by rule: nothing was sent."""

    reason: str
    "A word of `ipv6matrix.targets.policy`: opted_out, private, loopback …"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainObservation:
    """What the resolver knows of a domain; a lookup that was not asked is None."""

    ns: LookupObservation | None = None
    mx: LookupObservation | None = None
    soa: LookupObservation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostObservation:
    """Both lookups of one host; None where one was spared (RFC 8020) or not asked."""

    name: str
    a: LookupObservation | None = None
    aaaa: LookupObservation | None = None
    wildcard: bool = False
    "True when a random label beside this one gets the same answer (RFC 4592)."


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsObservation:
    """The hosts of one request."""

    hosts: tuple[HostObservation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseObservation:
    """The reverse lookup of one address (RFC 1035 section 3.5, RFC 3596 section 2.5)."""

    lookup: LookupObservation


Observation = (
    DomainObservation
    | HostsObservation
    | ReverseObservation
    | PingObservation
    | TcpObservation
    | TraceObservation
    | Exclusion
)


RoleKind = Literal["NS", "MX", "WWW", "NTP"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a host is to a domain."""

    kind: RoleKind
    host: str
    priority: int
    "NS: rank in the answer, from 1. MX: preference, the lowest first. WWW and NTP: 0."


@dataclass(slots=True, kw_only=True)
class Address:
    """One address of some host; the pipelines fill what is not given."""

    address: str
    family: Family
    kind: str | None = None
    "A word of `ipv6matrix.targets.policy`: global, private, 6to4 …"
    refusal: str | None = None
    "Why it is never probed; None when it may be."
    tunnel_id: str | None = None
    "Identifier of the known tunnel prefix that holds it."
    asn: int | None = None
    as_organisation: str | None = None
    city: str | None = None
    region: str | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    found_at: float


@dataclass(slots=True, kw_only=True)
class Host:
    """One host with its lookups, or the reason why it was not asked."""

    name: str
    a: LookupObservation | None = None
    aaaa: LookupObservation | None = None
    wildcard: bool = False
    refusal: str | None = None
    chosen: tuple[str, ...] = ()
    "The addresses that are probed for this host, the first choice of each family first."


@dataclass(slots=True, kw_only=True)
class Answered:
    """An item: all that one answered request adds. Storing it is what marks the request done."""

    url: str
    second: bool = False
    "True for an answer of the second pass: of what it tells, only that which had failed first is written."


@dataclass(slots=True, kw_only=True)
class DomainItem(Answered):
    """A domain of the list, its records and its hosts."""

    name: str
    tld: str
    ns: LookupObservation | None = None
    mx: LookupObservation | None = None
    soa: LookupObservation | None = None
    roles: tuple[Role, ...] = ()
    hosts: tuple[Host, ...] = ()
    "Hosts about which this answer says all: below a name that does not exist, or never to be asked."
    refusal: str | None = None
    asked_at: float


@dataclass(slots=True, kw_only=True)
class HostsItem(Answered):
    """Hosts and the addresses they have."""

    hosts: tuple[Host, ...]
    addresses: tuple[Address, ...]


@dataclass(slots=True, kw_only=True)
class ReverseItem(Answered):
    """The name that belongs to an address."""

    address: str
    lookup: LookupObservation


@dataclass(slots=True, kw_only=True)
class PingItem(Answered):
    """One address' replies to Echo Requests."""

    address: str
    ping: PingObservation


@dataclass(slots=True, kw_only=True)
class TcpItem(Answered):
    """One address' ports and SMTP session."""

    address: str
    tcp: TcpObservation


@dataclass(slots=True, kw_only=True)
class TraceItem(Answered):
    """The path to one address."""

    address: str
    trace: TraceObservation


@dataclass(slots=True, kw_only=True)
class ExclusionItem(Answered):
    """An address that was not asked, by rule."""

    address: str
    reason: str


Item = DomainItem | HostsItem | ReverseItem | PingItem | TcpItem | TraceItem | ExclusionItem
