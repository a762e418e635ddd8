"""
The data types of the project: what probes observe and what the spider passes to the pipelines.

An *observation* is what one probe learned; an *item* is everything that one
answered request adds to the database. docs/observations.md describes every field,
with its table and column.

There are three kinds of nothing: *not asked* has no observation; *asked, no reply*
is an observation without a value; *could not ask* is an observation with a
`failure`. Times are in seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from ipv6matrix.items.base import (
    AUTHORITIES,
    NO_REPLY,
    TRANSIENT_ADDRESS_FAILURES,
    TRANSIENT_LOOKUP_FAILURES,
    UNRECORDED,
    Answered,
    Exclusion,
    ExclusionItem,
    Failure,
    Family,
    slot_of,
)
from ipv6matrix.items.dns import (
    Address,
    DomainItem,
    DomainObservation,
    Host,
    HostObservation,
    HostsItem,
    HostsObservation,
    LookupObservation,
    Records,
    ReverseItem,
    ReverseObservation,
    Role,
    RoleKind,
    SoaRecord,
    Status,
)
from ipv6matrix.items.dnssec import Security
from ipv6matrix.items.https import HttpsMode, HttpsRecord
from ipv6matrix.items.name_server import (
    NameServerAnswer,
    NameServerItem,
    NameServerObservation,
    NameServersObservation,
)
from ipv6matrix.items.ntp import NtpItem, NtpObservation, NtpStatus
from ipv6matrix.items.ping import PingItem, PingObservation
from ipv6matrix.items.pmtu import PmtuItem, PmtuObservation, PmtuStatus
from ipv6matrix.items.resolvability import Resolvability, ResolvabilityItem, ResolvabilityObservation
from ipv6matrix.items.smtp import Certificate, SmtpObservation, Starttls
from ipv6matrix.items.tcp import PortObservation, TcpItem, TcpObservation
from ipv6matrix.items.third_party import ThirdPartyItem, ThirdPartyObservation
from ipv6matrix.items.tls import TlsItem, TlsObservation, TlsStatus
from ipv6matrix.items.trace import Hop, Stop, TraceItem, TraceObservation
from ipv6matrix.items.web import BodyEnd, Scheme, WebItem, WebObservation

Observation = (
    DomainObservation
    | HostsObservation
    | ReverseObservation
    | PingObservation
    | TcpObservation
    | TraceObservation
    | NtpObservation
    | PmtuObservation
    | TlsObservation
    | WebObservation
    | NameServersObservation
    | ResolvabilityObservation
    | ThirdPartyObservation
    | Exclusion
)
Item = (
    DomainItem
    | HostsItem
    | ReverseItem
    | PingItem
    | TcpItem
    | TraceItem
    | NtpItem
    | PmtuItem
    | TlsItem
    | WebItem
    | NameServerItem
    | ResolvabilityItem
    | ThirdPartyItem
    | ExclusionItem
)

__all__ = (
    "AUTHORITIES",
    "NO_REPLY",
    "TRANSIENT_ADDRESS_FAILURES",
    "TRANSIENT_LOOKUP_FAILURES",
    "UNRECORDED",
    "Address",
    "Answered",
    "BodyEnd",
    "Certificate",
    "DomainItem",
    "DomainObservation",
    "Exclusion",
    "ExclusionItem",
    "Failure",
    "Family",
    "Hop",
    "Host",
    "HostObservation",
    "HostsItem",
    "HostsObservation",
    "HttpsMode",
    "HttpsRecord",
    "Item",
    "LookupObservation",
    "NameServerAnswer",
    "NameServerItem",
    "NameServerObservation",
    "NameServersObservation",
    "NtpItem",
    "NtpObservation",
    "NtpStatus",
    "Observation",
    "PingItem",
    "PingObservation",
    "PmtuItem",
    "PmtuObservation",
    "PmtuStatus",
    "PortObservation",
    "Records",
    "Resolvability",
    "ResolvabilityItem",
    "ResolvabilityObservation",
    "ReverseItem",
    "ReverseObservation",
    "Role",
    "RoleKind",
    "Scheme",
    "Security",
    "SmtpObservation",
    "SoaRecord",
    "Starttls",
    "Status",
    "Stop",
    "TcpItem",
    "TcpObservation",
    "ThirdPartyItem",
    "ThirdPartyObservation",
    "TlsItem",
    "TlsObservation",
    "TlsStatus",
    "TraceItem",
    "TraceObservation",
    "WebItem",
    "WebObservation",
    "slot_of",
)
