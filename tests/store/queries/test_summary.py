"""The figures of a summary, for a small handmade database."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    Address,
    DomainItem,
    Failure,
    Host,
    HostsItem,
    LookupObservation,
    PingItem,
    PingObservation,
    PortObservation,
    Status,
    TcpItem,
    TcpObservation,
)
from ipv6matrix.items import (
    Role as FoundRole,
)
from ipv6matrix.store.database import Store
from ipv6matrix.store.imported import HostAddress, Ping, Role
from ipv6matrix.store.queries.summary import summary
from ipv6matrix.store.rebuild import rebuilding
from tests import urls

AT = 1_700_000_000.0


def lookup(name, rdtype, *records, status=Status.OK):
    return LookupObservation(name=name, type=rdtype, status=status, records=records, asked_at=AT)


@pytest.fixture
def store(tmp_path):
    """Domains with and without IPv6 on the web host, and with failed lookups: of both families, and of IPv6 only."""
    made = Store(tmp_path / "ips.db")
    for number, (name, a, aaaa) in enumerate(
        (
            ("six.example", lookup("www", "A", "192.0.2.1"), lookup("www", "AAAA", "2001:db8::1")),
            ("four.example", lookup("www", "A", "192.0.2.1"), lookup("www", "AAAA", status=Status.NODATA)),
            (
                "lost.example",
                lookup("www", "A", status=Failure.TIMEOUT),
                lookup("www", "AAAA", status=Failure.SERVFAIL),
            ),
            ("half.example", lookup("www", "A", "192.0.2.1"), lookup("www", "AAAA", status=Failure.TIMEOUT)),
        )
    ):
        www = f"www.{name}"
        made.complete(
            DomainItem(
                url=urls.domain(name, ("NS",)),
                name=name,
                tld="example",
                ns=lookup(name, "NS", status=Status.NODATA),
                roles=(FoundRole(kind="WWW", host=www, priority=0),),
                asked_at=AT,
            )
        )
        chosen = (*a.texts, *aaaa.texts)
        addresses = tuple(Address(address=text, family=6 if ":" in text else 4, found_at=AT) for text in chosen)
        host = Host(name=www, a=a, aaaa=aaaa, chosen=chosen)
        made.complete(HostsItem(url=f"dns://resolver/{number}?type=A", hosts=(host,), addresses=addresses))
    made.complete(PingItem(url="ping://192.0.2.1", address="192.0.2.1", ping=PingObservation(sent=5, asked_at=AT)))
    ports = (
        PortObservation(port=80, open=True, connect_ms=1.0, asked_at=AT),
        PortObservation(port=443, open=False, failure=Failure.TIMEOUT, asked_at=AT),
    )
    made.complete(TcpItem(url="tcp://192.0.2.1", address="192.0.2.1", tcp=TcpObservation(ports=ports)))
    yield made
    made.close()


def test_counts(store):
    """Domains, hosts with an address, and addresses by family are counted once each."""
    figures = summary(store)

    assert (4, 3, {4: 1, 6: 1}) == (figures.domains, figures.hosts, figures.addresses)


def test_ports_count_open_and_probed_addresses(store):
    """Each port has, by family, the number of addresses where it is open and of those probed."""
    assert {(80, 4): (1, 1), (443, 4): (0, 1)} == summary(store).ports


def test_errors_are_counted_by_kind(store):
    """Failures are counted by kind of request; silence to ping is one of them."""
    assert {
        "DNS servfail": 1,
        "DNS timeout": 2,
        "ping no reply": 1,
        "port 443 timeout": 1,
    } == summary(store).errors


def test_probes(store):
    """Echo Requests, handshakes and lookups are added up."""
    counts = {"Echo Requests": 5, "TCP handshakes": 2, "lookups": 12}

    assert counts == {title: number for title, number in summary(store).probes.items() if number}


def test_unrecorded_errors_count_as_absences(tmp_path):
    """An imported crawl cannot distinguish errors from absences; both count as absences, as they did at its time."""
    with rebuilding(tmp_path / "ips.db", int(AT)) as rebuild:
        rebuild.write(
            [Role("WWW", "four.example", "www.four.example"), HostAddress("www.four.example", "1.1.1.1", None)]
        )
        rebuild.write([Role("WWW", "none.example", "www.none.example"), Ping("1.1.1.1", 5, 1.0, 2.0, 3.0, 0.5, 0)])
        rebuild.finish(
            [], run="2022-05-06__07-08-09", version="2022", settings="{}", list="", list_sha256="", started_at=int(AT),
            starts=1, resolver="", skipped="{}", end_reason="finished",
        )  # fmt: skip
    imported = Store.read(tmp_path / "ips.db")
    figures = summary(imported)

    assert {"DNS unrecorded": 3} == figures.errors
    assert 5 == figures.probes["Echo Requests"]
    imported.close()
