"""
Facts from the texts that CSV files and tables of 2022 share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ipv6matrix.importers.eras import Ours
from ipv6matrix.importers.texts import (
    BrokenError,
    counted,
    decimal,
    dns_name,
    dns_text,
    known,
    plain_text,
    truth,
    whole,
)
from ipv6matrix.items import UNRECORDED, Starttls
from ipv6matrix.store.imported import Fact, HostAddress, Ping, Place, Port, SmtpSession, Soa, Trace

_ASN: Final = re.compile(r"AS(\d{1,10})(?: (.*))?", re.ASCII | re.DOTALL)
_READY: Final = 220  # The greeting of a mail server (RFC 5321 section 4.2).


def host_addresses(era: Ours, host: str | None, *addresses: str | None) -> Iterator[Fact]:
    for address in addresses:
        if host and address:
            yield HostAddress(host, address, era.exclusion(address))


def place(era: Ours, address: str, texts: Sequence[str]) -> Iterator[Fact]:
    """Read asn, city, region_name, country_code, longitude and, if the format has it, latitude."""
    asn, city, region, country, longitude, *latitude = texts
    fact = Place(
        address,
        *_autonomous_system(asn),
        known(plain_text(city)),
        known(plain_text(region)),
        known(country),
        era.latitude(latitude[0]) if latitude else None,
        decimal(longitude),
    )
    if any(value is not None for value in fact[1:]):
        yield fact


def _autonomous_system(text: str) -> tuple[int | None, str | None]:
    if known(text) is None:
        return None, None
    match = _ASN.fullmatch(text)
    if match is None:
        raise BrokenError(f"{text!r} is not AS<number> <organisation>")
    return counted(match[1]), plain_text(match[2] or "") or None


def port25(address: str, text: str) -> Iterator[Fact]:
    """Read whether a mail server greets; an open port without a greeting looks like a closed one."""
    greets = truth(text)
    if greets is not None:
        yield Port(address, 25, greets)
    if greets:
        yield SmtpSession(address, _READY, None)


def starttls(address: str, greets: str, text: str) -> Iterator[Fact]:
    yield from port25(address, greets)
    accepted = truth(text)
    if accepted:
        yield Port(address, 25, open=True)
        yield SmtpSession(address, None, Starttls.ACCEPTED)
    elif accepted is not None and truth(greets):
        yield SmtpSession(address, None, UNRECORDED)
    elif accepted is None and truth(greets) is False:  # a session that broke off before either was known
        yield SmtpSession(address, None, None)


def port(address: str, text: str, *, number: int) -> Iterator[Fact]:
    is_open = truth(text)
    if is_open is not None:
        yield Port(address, number, is_open)


def ping(address: str, sent: int | None, times: Sequence[float | None], weight: int = 0) -> Ping:
    low, mean, high, deviation = times
    return Ping(address, sent, low, mean, high, deviation, weight)


def trace(address: str, mtu: str, hops: str, path: str) -> Trace:
    return Trace(address, whole(mtu), whole(hops, 255), known(dns_text(path)))


def soa(domain: str, mname: str, rname: str, numbers: Sequence[str]) -> Soa:
    serial, refresh, retry, expire, minimum = map(counted, numbers)
    return Soa(domain, dns_name(mname) or ".", dns_name(rname) or ".", serial, refresh, retry, expire, minimum)
