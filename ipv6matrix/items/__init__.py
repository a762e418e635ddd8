"""
The data types of the project: what probes observe and what the spider passes to the pipelines.

An *observation* is what one probe learned; an *item* is everything that one
answered request adds to the database. docs/observations.md describes every field,
with its table and column.

There are three kinds of nothing: *not asked* is no observation; *asked, no reply*
is an observation without a value; *could not ask* is an observation with a
`failure`. Times are in seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Family = Literal[4, 6]


class Failure(StrEnum):
    """The closed list of reasons why a request has no answer."""

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


# Failures that may be temporary. For a lookup: those that say nothing about the
# name itself. For an address: those that are no answer from the address.
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
# The first-pass outcome of a ping without replies.
NO_REPLY = "no_reply"
# The outcome of a request that an older crawler stored as "n/a": nothing found,
# or an error. Occurs only in imported crawls.
UNRECORDED = "unrecorded"


class Status(StrEnum):
    """How a lookup ended if it has an answer; otherwise the status is a `Failure`."""

    OK = "ok"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"


class Starttls(StrEnum):
    """The outcome of STARTTLS in an SMTP session (RFC 3207)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_OFFERED = "not_offered"


class Stop(StrEnum):
    """Why a trace ended."""

    REACHED = "reached"
    GAP_LIMIT = "gap_limit"
    MAX_TTL = "max_ttl"
    UNREACHABLE = "unreachable"
    OTHER_ADDRESS = "other_address"
    LOOP = "loop"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaRecord:
    """The start of authority (SOA) of a zone (RFC 1035 section 3.3.13); times in seconds."""

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
    The answer of a resolver to one lookup.

    `records` is empty unless `status` is `ok`. `nodata` (NOERROR without an answer,
    RFC 2308 section 2.2) and `nxdomain` are answers too; every other status is a
    `Failure`.
    """

    name: str
    "The name queried, in lower case without the final dot."
    type: str
    "A, AAAA, NS, MX, SOA or PTR."
    status: Status | Failure
    records: Records = ()
    ttl_s: int | None = None
    "Smallest TTL of the records in the answer; for a negative answer, its TTL at the resolver (RFC 2308 section 5)."
    canonical_name: str | None = None
    "The end of the chain of CNAMEs; None if there is none."
    aliases: tuple[str, ...] = ()
    "Names in the chain of CNAMEs between the name queried and the canonical name."
    omitted: int = 0
    "Number of records of the answer that are not in `records` because there are too many."
    inferred: bool = False
    "True if no query was sent because the answer follows from an NXDOMAIN (RFC 8020)."
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
    Result of one series of Echo Requests to one address.

    An address that never replies has an empty `rtts_ms` and no `failure`: `failure`
    is set only if this vantage point could not send.

    Sources: RFC 4443 section 4 and RFC 792 (Echo), RFC 2681 (round-trip delay).
    """

    sent: int
    "Number of Echo Requests sent."
    rtts_ms: tuple[float, ...] = ()
    "Round-trip time of each reply, in milliseconds, in sending order."
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PortObservation:
    """
    Result of one TCP handshake with one port (RFC 9293 section 3.5).

    A port that completes the handshake is open; otherwise `failure` is the reason: a
    filtered port is `timeout`, a closed one `connection_refused`.
    """

    port: int
    open: bool
    connect_ms: float | None = None
    "Round-trip time of SYN and SYN-ACK as measured by the kernel, in milliseconds."
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """
    The contents of a server's certificate; none of it has been verified.

    A field that cannot be decoded is None. The fingerprint is always set.
    """

    sha256: str
    "SHA-256 fingerprint of the DER form, in hexadecimal."
    subject: str | None = None
    issuer: str | None = None
    not_before: float | None = None
    not_after: float | None = None
    names: tuple[str, ...] | None = None
    "The first 250 subject alternative names of type dNSName (RFC 5280 section 4.2.1.6)."
    names_total: int | None = None
    "Total number of such names in the certificate."


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpObservation:
    """
    How far an SMTP session got: greeting, EHLO or HELO, STARTTLS, QUIT.

    `failure` is the reason why the session did not learn the rest: something ended it
    before QUIT could be sent, or the server rejected the client after its greeting.
    `starttls` is None if the session ended before that was known, or if STARTTLS was
    not requested.

    Sources: RFC 5321 sections 3.1, 4.1.1 and 4.2; RFC 3207 (STARTTLS).
    """

    greeting_code: int | None = None
    greeting: str | None = None
    "Text of the greeting, lines joined by a line feed, at most 500 characters."
    hello: Literal["EHLO", "HELO"] | None = None
    "The command that the server accepted."
    starttls: Starttls | None = None
    tls_version: str | None = None
    certificate: Certificate | None = None
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpObservation:
    """The results for all ports of one address."""

    ports: tuple[PortObservation, ...]
    smtp: SmtpObservation | None = None
    "None if port 25 was not probed or did not open."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One TTL of a trace; a silent router has neither address nor RTT."""

    ttl: int
    address: str | None = None
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceObservation:
    """
    The path to one address, from Time Exceeded messages.

    `hops` contains every TTL probed, from 1 to the one that reached the address or, if
    none did, to the last one probed.

    Sources: RFC 792 and RFC 4443 section 3.3 (Time Exceeded).
    """

    hops: tuple[Hop, ...] = ()
    stop: Stop | None = None
    "None if `failure` is set."
    reached_ttl: int | None = None
    failure: Failure | None = None
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """The rule by which a request was excluded; nothing was sent."""

    reason: str
    "A word of `ipv6matrix.targets.policy`: opted_out, private, loopback …"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainObservation:
    """The lookups of a domain; None for one that was not made."""

    ns: LookupObservation | None = None
    mx: LookupObservation | None = None
    soa: LookupObservation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostObservation:
    """Both lookups of one host; None for one that was unnecessary (RFC 8020) or not requested."""

    name: str
    a: LookupObservation | None = None
    aaaa: LookupObservation | None = None
    wildcard: bool = False
    "True if a random label next to this one has the same addresses (RFC 4592)."


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
    """The role of a host for a domain."""

    kind: RoleKind
    host: str
    priority: int
    "NS: rank in the answer, from 1. MX: preference, lowest first. WWW and NTP: 0."


@dataclass(slots=True, kw_only=True)
class Address:
    """An address of a host; the pipelines set the fields that the spider does not."""

    address: str
    family: Family
    kind: str | None = None
    "A word of `ipv6matrix.targets.policy`: global, private, 6to4 …"
    refusal: str | None = None
    "Why it must not be probed; None if it may be."
    tunnel_id: str | None = None
    "Identifier of the known tunnel prefix that contains it."
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
    """A host with its lookups, or the reason why it was excluded."""

    name: str
    a: LookupObservation | None = None
    aaaa: LookupObservation | None = None
    wildcard: bool = False
    refusal: str | None = None
    chosen: tuple[str, ...] = ()
    "The addresses to probe for this host, the first choice of each family first."


@dataclass(slots=True, kw_only=True)
class Answered:
    """An item: everything that one answered request adds. Storing it marks the request as done."""

    url: str
    second: bool = False
    "True for an answer of the retry pass: only the parts that failed in the first pass are written."


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
    "Hosts that this answer settles: below a name that does not exist, or never to be requested."
    refusal: str | None = None
    asked_at: float


@dataclass(slots=True, kw_only=True)
class HostsItem(Answered):
    """Hosts and their addresses."""

    hosts: tuple[Host, ...]
    addresses: tuple[Address, ...]


@dataclass(slots=True, kw_only=True)
class ReverseItem(Answered):
    """The reverse name of an address."""

    address: str
    lookup: LookupObservation


@dataclass(slots=True, kw_only=True)
class PingItem(Answered):
    """The Echo Replies of one address."""

    address: str
    ping: PingObservation


@dataclass(slots=True, kw_only=True)
class TcpItem(Answered):
    """The ports and SMTP session of one address."""

    address: str
    tcp: TcpObservation


@dataclass(slots=True, kw_only=True)
class TraceItem(Answered):
    """The path to one address."""

    address: str
    trace: TraceObservation


@dataclass(slots=True, kw_only=True)
class ExclusionItem(Answered):
    """An address that was excluded, and the rule."""

    address: str
    reason: str


Item = DomainItem | HostsItem | ReverseItem | PingItem | TcpItem | TraceItem | ExclusionItem
