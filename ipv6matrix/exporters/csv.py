"""
CSV files in the format of 2010: a folder for each TLD and run, with a file for each measurement.

docs/outputs.md describes files and columns, and where they differ from older
ones. Files have temporary names until all files of their TLD are complete: a
killed export is repeated, and a final name never refers to an incomplete file.
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
from ipv6matrix.exporters import cells
from ipv6matrix.exporters.registry import Target
from ipv6matrix.store import dataset
from ipv6matrix.store.database import Store
from ipv6matrix.store.dataset import Address, Domain, Host, PingFigures, TraceFigures
from ipv6matrix.store.queries.asked import Asked, asked

# Represents every unknown value, and the host of a domain without MX or NS.
UNKNOWN: Final = "n/a"

_Row = Sequence[Any]
# The hosts of a domain by feature, each with its name as in the rows.
_Hosts = dict[str, list[tuple[str, Host]]]


def export(store: Store, target: Target) -> str:
    """Write OUTPUT_DIR/<tld>/<run>/<name>_<tld>.log for every TLD; raises ExportError."""
    crawl = asked(store)
    if crawl is None:
        raise ExportError(f"{str(store.path)!r} contains no crawl: name the ips.db of a crawl", code="CRAWL_MISSING")
    kinds, run = _kinds(crawl), _component(crawl.run, store.path)
    tlds = number = 0
    for tld, domains in groupby(dataset.domains(store), key=attrgetter("tld")):
        folder = target.output_dir / _component(tld, store.path) / run
        try:
            number += _write(folder, tld, kinds, domains)
        except OSError as error:
            raise ExportError(
                f"Cannot write {str(folder)!r} ({error.strerror}): free disk space or fix the permissions,"
                " or choose another folder with -s OUTPUT_DIR=",
                code="OUTPUT_NOT_WRITABLE",
            ) from error
        tlds += 1
    return f"{number:,} domains of {tlds:,} TLDs in {target.output_dir / '<tld>' / run}"


def _component(text: str, path: Path) -> str:
    """Return a text if it is a single path component; the database may come from elsewhere."""
    if text in ("", ".", "..") or "/" in text or "\0" in text:
        raise ExportError(
            f"{str(path)!r} has the TLD or run {text!r}, which is not a valid folder name: use another file",
            code="CRAWL_INVALID",
        )
    return text


# --- files ---


class _Writer(Protocol):
    def writerows(self, rows: Iterable[_Row], /) -> None: ...


class _Quoting:
    """Writes commas and CR LF, and quotes only where necessary: the format of all files except soa_NS_."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream)

    def writerows(self, rows: Iterable[_Row], /) -> None:
        self._writer.writerows(map(cells.inert, row) for row in rows)


class _Plain:
    """Writes commas and line feeds, without quotes: the format of soa_NS_."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def writerows(self, rows: Iterable[_Row], /) -> None:
        self._stream.writelines(f"{','.join(str(cells.unquoted(cell)) for cell in row)}\n" for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of file: one per TLD."""

    name: str
    rows: Callable[[Domain, _Hosts], Iterable[_Row]]
    writer: Callable[[TextIO], _Writer] = _Quoting


def _write(folder: Path, tld: str, kinds: Sequence[_Kind], domains: Iterable[Domain]) -> int:
    """Write all files of a TLD and return its number of domains."""
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
    """Block a second export of the same run, which would write the same files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot lock folders; exports are not protected from each other there.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _files(paths: Sequence[Path]) -> Iterator[list[TextIO]]:
    """Open files under temporary names; rename them when all are complete, delete them after an error."""
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
    """Yield the hosts of a feature; a placeholder if the domain's MX or NS records were requested and it has none."""
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
            *("soa", domain.name, soa.primary_by_soa, soa.primary_by_rank or UNKNOWN, soa.primary_in_house),
            *(soa.secondary, soa.total),
            *(soa.rname, soa.serial, soa.refresh_s, soa.retry_s, soa.expire_s, soa.minimum_s),
        )


# --- columns after the host: none, one row, or one row for each address of a host ---


def _in_records(host: Host) -> list[_Row]:
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
    # Addresses that are not globally reachable are never chosen, so each of these is valid.
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
    # The number of hops occurs twice, as in the format of 2010.
    return trace.mtu, trace.hops, trace.hops, trace.path


_FEATURES: Final = {"MX": _in_records, "NS": _in_records, "WWW": _guessed, "NTP": _guessed}
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
    """Return the files that a crawl has: there is none for a feature or metric that was not measured."""
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
