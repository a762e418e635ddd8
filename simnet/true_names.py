"""
The truth about names: the answer to one query, computed from zones as data.

It has rules of its own, independent of `zones.answer`, which the resolver uses.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, cast

from ipv6matrix.addresses import canonical
from ipv6matrix.items import Failure, HttpsRecord, Records, Security, SoaRecord, Status
from simnet.facts import LookupTruth
from simnet.zones import ANY_TYPE, NEGATIVE_TTL_S, Dnssec, Fault, FindZone, Zone

# Octets of a name's text (RFC 1035 section 2.3.4, without the final dot).
MAX_NAME: Final = 253
_FAILURES: Final = {
    Fault.SERVFAIL: Failure.SERVFAIL,
    Fault.REFUSED: Failure.REFUSED,
    Fault.FORMERR: Failure.FORMERR,
    Fault.NOTIMP: Failure.NOTIMP,
    Fault.YXDOMAIN: Failure.OTHER_RCODE,
    Fault.SILENT: Failure.TIMEOUT,
    Fault.TRUNCATED_SILENT_TCP: Failure.TIMEOUT,
}
_SECURITY: Final = {None: Security.INSECURE, Dnssec.SIGNED: Security.SECURE, Dnssec.BOGUS: Security.BOGUS}
# From the best to the worst: a chain of aliases is as secure as its weakest link.
_WORST_LAST: Final = (Security.SECURE, Security.INSECURE, Security.BOGUS)
_LONGEST_CHAIN: Final = 16


def lookup(find_zone: FindZone, name: str, rdtype: str) -> LookupTruth:
    """
    Return the answer to one query that a patient client gets.

    Of a bogus answer, that is the answer with checking disabled.
    """
    if len(name) > MAX_NAME:
        return LookupTruth(status=Failure.NAME_TOO_LONG)
    queried, security = name, Security.SECURE
    ttls: list[int] = []
    for _ in range(_LONGEST_CHAIN):
        zone = find_zone(name)
        assert zone is not None, "the root answers for everything"
        fault = _fault(zone, name, rdtype)
        if fault in _FAILURES:
            return LookupTruth(status=_FAILURES[fault], security=Security.INDETERMINATE)
        security = max(security, _SECURITY[zone.dnssec], key=_WORST_LAST.index)
        owner = _owner(zone, name)
        denied = owner is None or fault is Fault.DENIED
        texts = () if denied else zone.records.get((owner, rdtype), ())
        alias = () if owner is None or texts else zone.records.get((owner, "CNAME"), ())
        if not alias:
            return LookupTruth(
                status=Status.OK if texts else Status.NXDOMAIN if denied else Status.NODATA,
                records=cast("Records", tuple(_record(rdtype, text) for text in texts)),
                ttl_s=min([*ttls, zone.ttl_s if texts else NEGATIVE_TTL_S]),
                canonical_name=name if name != queried else None,
                security=security,
            )
        ttls.append(zone.ttl_s)
        name = alias[0].lower()
    return LookupTruth(status=Failure.CNAME_LOOP, security=Security.INDETERMINATE)


def _fault(zone: Zone, name: str, rdtype: str) -> Fault | None:
    labels = name.split(".")
    for above in (".".join(labels[start:]) for start in range(len(labels))):
        fault = zone.faults.get((above, rdtype), zone.faults.get((above, ANY_TYPE)))
        if fault or above == zone.apex:
            return fault
    return None


def _owner(zone: Zone, name: str) -> str | None:
    """Return the owner of a name's records (RFC 4592 section 3.3): itself, or `*` below the closest encloser."""
    owners = {owner for owner, _ in zone.records}

    def exists(candidate: str) -> bool:
        return candidate in owners or any(owner.endswith(f".{candidate}") for owner in owners) or candidate == zone.apex

    if exists(name):
        return name
    encloser = name
    while not exists(encloser):
        encloser = encloser.partition(".")[2]
    wildcard = f"*.{encloser}"
    return wildcard if wildcard in owners else None


def _record(rdtype: str, text: str) -> str | tuple[int, str] | SoaRecord | HttpsRecord:
    if rdtype == "AAAA":
        return canonical(ip_address(text))
    if rdtype == "HTTPS":
        priority, target, *parameters = text.split(" ")
        values = {key: value.split(",") for key, _, value in (parameter.partition("=") for parameter in parameters)}
        return HttpsRecord(
            priority=int(priority),
            target=target.rstrip(".").lower(),
            alpn=tuple(values.get("alpn", ())),
            port=int(values["port"][0]) if "port" in values else None,
            ipv4hint=tuple(values.get("ipv4hint", ())),
            ipv6hint=tuple(canonical(ip_address(hint)) for hint in values.get("ipv6hint", ())),
            ech="ech" in values,
        )
    if rdtype == "MX":
        preference, host = text.split(" ")
        return int(preference), host.rstrip(".").lower()
    if rdtype == "SOA":
        mname, rname, *numbers = text.split(" ")
        serial, refresh_s, retry_s, expire_s, minimum_s = map(int, numbers)
        return SoaRecord(
            mname=mname.lower(),
            rname=rname.lower(),
            serial=serial,
            refresh_s=refresh_s,
            retry_s=retry_s,
            expire_s=expire_s,
            minimum_s=minimum_s,
        )
    return text.lower() if rdtype in ("NS", "PTR") else text
