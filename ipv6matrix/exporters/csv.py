"""
CSV files as readers have had them since 2010: a folder for each TLD and run, in it a file for each measurement.

docs/outputs.md describes files and columns, and where they differ from older
ones. A file is written beside its name and renamed when all of its TLD are
whole: an export that was killed is done anew, and what stands under a name is
never half of it.
"""

from __future__ import annotations

import csv
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store import walk
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.asked import Asked, asked
from ipv6matrix.store.walk import Address, Domain, Host, PingFigures, TraceFigures

# Stands for all that is not known, and for the host of a domain without MX or NS.
UNKNOWN: Final = "n/a"

_Row = Sequence[Any]
# The hosts of a domain by feature, each under the name that its rows give it.
_Hosts = dict[str, list[tuple[str, Host]]]


def export(store: Store, target: Target) -> str:
    """Write OUTPUT_DIR/<tld>/<run>/<name>_<tld>.log for every TLD; raises ExportError."""
    crawl = asked(store)
    if crawl is None:
        raise ExportError(f"no crawl has begun in {str(store.path)!r}: name the ips.db of one")
    kinds, run = _kinds(crawl), _component(crawl.run, store.path)
    tlds = number = 0
    for tld, domains in groupby(walk.domains(store), key=attrgetter("tld")):
        folder = target.output_dir / _component(tld, store.path) / run
        try:
            number += _write(folder, tld, kinds, domains)
        except OSError as error:
            raise ExportError(
                f"cannot write {str(folder)!r} ({error.strerror}): make room or give permission there,"
                " or name another folder with -s OUTPUT_DIR="
            ) from error
        tlds += 1
    return f"{number:,} domains of {tlds:,} TLDs in {target.output_dir / '<tld>' / run}"


def _component(text: str, path: Path) -> str:
    """Return a text that is one component of a path; the database may have come from elsewhere."""
    if text in ("", ".", "..") or "/" in text or "\0" in text:
        raise ExportError(f"{str(path)!r} names a TLD or run {text!r}, which is no name of a folder: name another file")
    return text


# --- files ---


class _Writer(Protocol):
    def writerows(self, rows: Iterable[_Row], /) -> None: ...


class _Plain:
    """Writes commas and line feeds, and quotes nothing: the form of soa_NS_."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def writerows(self, rows: Iterable[_Row], /) -> None:
        self._stream.writelines(f"{','.join(map(str, row))}\n" for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of file: one for each TLD."""

    name: str
    rows: Callable[[Domain, _Hosts], Iterable[_Row]]
    writer: Callable[[TextIO], _Writer] = csv.writer


def _write(folder: Path, tld: str, kinds: Sequence[_Kind], domains: Iterable[Domain]) -> int:
    """Write all files of a TLD and count its domains."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    with _locked(folder), _files([folder / f"{kind.name}_{tld}.log" for kind in kinds]) as streams:
        writers = [(kind.rows, kind.writer(stream)) for kind, stream in zip(kinds, streams, strict=True)]
        for domain in domains:
            number += 1
            hosts = {feature: list(_hosts(domain, feature)) for feature in _FEATURES}
            for rows, writer in writers:
                writer.writerows(rows(domain, hosts))
    return number


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second export of the same run waiting: the two would write the same files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems lock no folder; there, nobody keeps two exports apart.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _files(paths: Sequence[Path]) -> Iterator[list[TextIO]]:
    """Open files beside their names; they get these when all are whole, and go when something fails."""
    parts = [path.with_name(f"{path.name}.part") for path in paths]
    try:
        with ExitStack() as stack:
            yield [stack.enter_context(part.open("w", encoding="utf-8", newline="")) for part in parts]
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    except BaseException:
        for part in parts:
            part.unlink(missing_ok=True)
        raise


# --- rows ---


def _hosts(domain: Domain, feature: str) -> Iterator[tuple[str, Host]]:
    """Return the hosts of a feature; one that stands for none when the domain was asked for MX or NS and has none."""
    hosts = domain.of_kind(feature)
    if feature in ("WWW", "NTP"):
        yield from ((host.name, host) for host in hosts)
    elif hosts:
        yield from ((f"{host.name}.", host) for host in hosts)
    elif (domain.mx_status if feature == "MX" else domain.ns_status) is not None:
        yield UNKNOWN, _NO_HOST


_NO_HOST: Final = Host(
    kind="", name=UNKNOWN, priority=0, a_status=None, aaaa_status=None, refusal=None, ip4=None, ip6=None
)


def _rows(word: str, feature: str, columns: Callable[[Host], list[_Row]], domain: Domain, hosts: _Hosts) -> list[_Row]:
    """Return the rows of a file for one domain."""
    return [
        [UNKNOWN if value is None else value for value in (word, domain.name, name, *row)]
        for name, host in hosts[feature]
        for row in columns(host)
    ]


def _soa(domain: Domain, _: _Hosts) -> Iterator[_Row]:
    if soa := domain.soa:
        yield (
            "soa",
            domain.name,
            soa.primary_by_soa,
            soa.primary_by_rank,
            soa.primary_in_house,
            soa.secondary,
            soa.total,
            soa.soa,
        )


# --- columns after the host: a host may have no row, or one, or one for each address ---


def _named(host: Host) -> list[_Row]:
    return [] if host is _NO_HOST else [(*_ips(host), host.priority)]


def _guessed(host: Host) -> list[_Row]:
    return [_ips(host)] if host.has_address else []


def _reverse(host: Host) -> list[_Row]:
    return [(*_ips(host), host.ip4 and host.ip4.reverse, host.ip6 and host.ip6.reverse)]


def _geoip(host: Host) -> list[_Row]:
    at = host.located
    if at is None:
        return []
    return [(*_ips(host), _asn(at), at.city, at.region, at.country_code, at.longitude, at.latitude)]


def _ip6_type(host: Host) -> list[_Row]:
    # What is not globally reachable is never chosen, so each of them is valid.
    return [(host.ip6.address, True, host.ip6.tunnel_id, "undefined")] if host.ip6 else []


def _port(number: int) -> Callable[[Host], list[_Row]]:
    is_open = attrgetter(f"tcp.port{number}")

    def columns(host: Host) -> list[_Row]:
        return [(number, *_ips(host), host.ip4 and is_open(host.ip4), host.ip6 and is_open(host.ip6))]

    return columns


def _tls(host: Host) -> list[_Row]:
    rows = [_session(host.ip4)]
    return [*rows, _session(host.ip6)] if host.ip6 else rows


def _ping(host: Host) -> list[_Row]:
    if not host.has_address:
        return []
    four, six = host.ip4.ping if host.ip4 else None, host.ip6.ping if host.ip6 else None
    first = four or six
    return [(*_ips(host), first and first.count, *_times(four), *_times(six))]


def _path(host: Host) -> list[_Row]:
    return [(*_ips(host), *_trace(host.ip4), *_trace(host.ip6))] if host.has_address else []


def _ips(host: Host) -> _Row:
    return host.ip4 and host.ip4.address, host.ip6 and host.ip6.address


def _asn(address: Address) -> str | None:
    if address.asn is None:
        return None
    organisation = (address.as_organisation or "").replace('"', "")
    return f"AS{address.asn} {organisation}".rstrip(" ")


def _session(address: Address | None) -> _Row:
    return (address.address, address.tcp.port25, address.tcp.starttls) if address else (None, None, None)


def _times(ping: PingFigures | None) -> _Row:
    return (ping.min_ms, ping.avg_ms, ping.max_ms, ping.mdev_ms) if ping else (None,) * 4


def _trace(address: Address | None) -> _Row:
    trace = address.trace if address else TraceFigures()
    # The number of hops stands twice, as it always has.
    return trace.mtu, trace.hops, trace.hops, trace.path


_FEATURES: Final = {"MX": _named, "NS": _named, "WWW": _guessed, "NTP": _guessed}
# By metric: the features that have the file, and its columns.
_METRICS: Final[dict[str, tuple[Iterable[str], Callable[[Host], list[_Row]]]]] = {
    "reverse": (_FEATURES, _reverse),
    "geoip": (_FEATURES, _geoip),
    "ip6Type": (_FEATURES, _ip6_type),
    "tcp25": (["MX"], _port(25)),
    "tcp80": (["WWW"], _port(80)),
    "tcp443": (["WWW"], _port(443)),
    "tls": (["MX"], _tls),
    "ping": (_FEATURES, _ping),
    "path": (_FEATURES, _path),
}


def _kinds(crawl: Asked) -> list[_Kind]:
    """Return the files that a crawl has: what was not asked has none."""
    kinds = [
        _Kind(name=feature, rows=partial(_rows, feature, feature, columns))
        for feature, columns in _FEATURES.items()
        if crawl.has_feature(feature)
    ]
    kinds += [
        _Kind(name=f"{metric}_{feature}", rows=partial(_rows, metric, feature, columns))
        for metric, (features, columns) in _METRICS.items()
        for feature in features
        if crawl.has_metric(metric) and crawl.has_feature(feature)
    ]
    if crawl.has_metric("soa") and crawl.has_feature("NS"):
        kinds.append(_Kind(name="soa_NS", rows=_soa, writer=_Plain))
    return kinds
