"""
Reads CSV files, <tld>/<run>/<name>_<tld>.log, back into an ips.db.

docs/outputs.md describes the files. Nearly every row names domain, host and
addresses, so other files have what a broken line would have said about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TextIO, TypeVar

from ipv6matrix.config.plan import FEATURES
from ipv6matrix.exceptions import ImportRefusedError
from ipv6matrix.importers import facts, soa_lines
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Ours
from ipv6matrix.importers.records import Complain, records
from ipv6matrix.importers.texts import BrokenError, address, counted, decimal, domain, host, known, whole
from ipv6matrix.store.imported import LAST, Fact, Ping, Role
from ipv6matrix.store.rebuild import Rebuild

_Addresses = tuple[str | None, str | None]
_Line = TypeVar("_Line")
_GUESSED: Final = ("WWW", "NTP")


def load(folder: Path, rebuild: Rebuild, era: Ours, complaints: Complaints) -> set[str]:
    """
    Add all facts of a folder <tld>/<run>, and return the features and metrics that its files cover.

    Raises ImportRefusedError for a file that cannot be read.
    """
    words: set[str] = set()
    for kind in _KINDS:
        path = folder / f"{kind.name}_{folder.parent.name}.log"
        if path.is_file():
            words |= set(kind.name.split("_"))
            with _opened(path) as lines:
                for row in records(lines, kind.columns, complain := complaints.about(str(path))):
                    _add(rebuild, *row, complain, partial(kind.facts, era))
    path = folder / f"soa_NS_{folder.parent.name}.log"
    if path.is_file():
        words |= {"soa", "NS"}
        with _opened(path) as lines:
            for number, line in enumerate(lines, start=1):
                _add(rebuild, number, line, complaints.about(str(path)), partial(_soa, rebuild))
    return words


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as lines:
            yield lines
    except OSError as error:
        raise ImportRefusedError(
            f"Cannot read {str(path)!r} ({error.strerror}): fix the permissions, or use a copy of the folder",
            code="IMPORT_NOT_READABLE",
        ) from error


def _add(
    rebuild: Rebuild, number: int, line: _Line, complain: Complain, read: Callable[[_Line], Iterable[Fact]]
) -> None:
    """Add the facts of a line: all of them, or none if a part is broken."""
    try:
        line_facts = list(read(line))
    except BrokenError as error:
        complain(number, str(error))
    else:
        rebuild.write(line_facts)


def _soa(rebuild: Rebuild, line: str) -> Iterator[Fact]:
    yield soa_lines.read(line, rebuild.name_servers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of file."""

    name: str
    feature: str
    columns: int
    read: Callable[[Ours, Sequence[str], str | None, str | None], Iterable[Fact]]
    "Return what a row says about its IPv4 and its IPv6 address."
    addresses: Callable[[Sequence[str]], _Addresses]
    priority: int | None = None
    "The column of the priority."

    def facts(self, era: Ours, row: Sequence[str]) -> Iterator[Fact]:
        if row[0] != self.name.partition("_")[0]:
            raise BrokenError(f"it begins with {row[0]!r}")
        host_name = host(row[2])
        four, six = self.addresses(row)
        yield Role(self.feature, domain(row[1]), host_name, self._priority(row))
        if host_name is not None:
            yield from facts.host_addresses(era, host_name, four, six)
            yield from self.read(era, row, four, six)

    def _priority(self, row: Sequence[str]) -> int:
        if self.priority is not None:
            return counted(row[self.priority], LAST)
        return 0 if self.feature in _GUESSED else LAST


# --- addresses of a row ---


def _both(first: int) -> Callable[[Sequence[str]], _Addresses]:
    return lambda row: (address(row[first], 4), address(row[first + 1], 6))


def _six(row: Sequence[str]) -> _Addresses:
    return None, address(row[3], 6)


def _either(row: Sequence[str]) -> _Addresses:
    ip = address(row[3])
    return (None, ip) if ip and ":" in ip else (ip, None)


# --- facts of a row ---


def _nothing(*_: object) -> Iterable[Fact]:
    return ()


def _reverse(era: Ours, row: Sequence[str], four: str | None, six: str | None) -> Iterator[Fact]:
    for ip, name in ((four, row[5]), (six, row[6])):
        if ip:
            yield era.reverse_name(ip, name)


def _geoip(era: Ours, row: Sequence[str], four: str | None, six: str | None) -> Iterator[Fact]:
    if located := four or six:
        yield from facts.place(era, located, row[5:11])


def _ip6_type(era: Ours, row: Sequence[str], _: str | None, six: str | None) -> Iterator[Fact]:
    if six:
        yield from era.tunnel(six, known(row[5]))


def _tcp(number: int) -> Callable[[Ours, Sequence[str], str | None, str | None], Iterator[Fact]]:
    read = facts.port25 if number == 25 else partial(facts.port, number=number)

    def of_row(_: Ours, row: Sequence[str], four: str | None, six: str | None) -> Iterator[Fact]:
        for ip, reached in ((four, row[6]), (six, row[7])):
            if ip:
                yield from read(ip, text=reached)

    return of_row


def _tls(_: Ours, row: Sequence[str], four: str | None, six: str | None) -> Iterator[Fact]:
    if ip := four or six:
        yield from facts.starttls(ip, row[4], row[5])


# Several rows describe one address, with different detail: the number of Echo Requests
# is that of the IPv4 series, if there was one, and silence looks like a series that was not sent.
_GUESS, _NOT_ASKED, _SILENT, _HEARD_BESIDE, _HEARD = range(5)


def _ping(era: Ours, row: Sequence[str], four: str | None, six: str | None) -> Iterator[Fact]:
    sent, texts = whole(row[5]), row[6:14]
    times4 = [decimal(text) for text in texts[:4]]
    times6 = [decimal(texts[4]), decimal(texts[5]), era.largest6(texts[6]), decimal(texts[7])]
    for ip, other, times in ((four, six, times4), (six, four, times6)):
        if ip:
            ping = era.ping(facts.ping(ip, sent, times))
            yield ping._replace(weight=_weight(ping, is_first=ip == four or other is None, alone=other is None))


def _weight(ping: Ping, *, is_first: bool, alone: bool) -> int:
    if ping.sent is None:
        return _NOT_ASKED
    if ping.avg_ms is not None:
        return _HEARD if is_first else _HEARD_BESIDE
    return _SILENT if alone else _GUESS


def _path(_: Ours, row: Sequence[str], four: str | None, six: str | None) -> Iterator[Fact]:
    for ip, first in ((four, 5), (six, 9)):
        mtu, _hops, hops, path = row[first : first + 4]
        if ip and {mtu, hops, path} != {"n/a"}:
            yield facts.trace(ip, mtu, hops, path)


# By metric: the features that have the file, and its format.
_METRICS: Final = {
    "reverse": (FEATURES, 7, _both(3), _reverse),
    "geoip": (FEATURES, 11, _both(3), _geoip),
    "ip6Type": (FEATURES, 7, _six, _ip6_type),
    "tcp25": (("MX",), 8, _both(4), _tcp(25)),
    "tcp80": (("WWW",), 8, _both(4), _tcp(80)),
    "tcp443": (("WWW",), 8, _both(4), _tcp(443)),
    "tls": (("MX",), 6, _either, _tls),
    "ping": (FEATURES, 14, _both(3), _ping),
    "path": (FEATURES, 13, _both(3), _path),
}
_KINDS: Final = (
    *(
        _Kind(name=feature, feature=feature, columns=6, addresses=_both(3), read=_nothing, priority=5)
        if feature not in _GUESSED
        else _Kind(name=feature, feature=feature, columns=5, addresses=_both(3), read=_nothing)
        for feature in FEATURES
    ),
    *(
        _Kind(name=f"{metric}_{feature}", feature=feature, columns=columns, addresses=addresses, read=read)
        for metric, (features, columns, addresses, read) in _METRICS.items()
        for feature in features
    ),
)
