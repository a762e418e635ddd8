"""From facts to rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from functools import partial

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.items import Failure
from ipv6matrix.store.database import Store
from ipv6matrix.summaries import figures
from ipv6matrix.summaries.rows import DomainPenetration, DomainRow, HostData, Reachability
from ipv6matrix.summaries.tables import TABLES
from tests.summaries.sample_rows import DATE
from tests.summaries.test_hosts import address, domain, host
from tests.summaries.true_figures import TrueFigures, keyed


@pytest.mark.parametrize("row", TABLES, ids=lambda row: TABLES[row].name)
def test_figures_are_those_of_the_truth(finished, row):
    """Every row of every table equals the one computed from the scenario; ping times are rounded sums."""
    actual = [asdict(figure) for figure in figures.rows_of(finished.store) if isinstance(figure, row)]
    expected = TrueFigures(finished).tables()[TABLES[row].name]

    assert keyed(expected, partial(pytest.approx, rel=1e-4)) == keyed(actual)
    assert len(expected) == len(actual)


def test_the_truth_has_something_of_everything(finished):
    """
    Each figure is nonzero in some row, so that a wrong one is noticed.

    A host without an address has no country, so `noip` is 0 everywhere; a
    simulated port can always be probed.
    """
    for table, rows in TrueFigures(finished).tables().items():
        never = {name for name in rows[0] if not any(row[name] for row in rows)}
        assert {"HostData": {"noip"}, "Reachability": {"unknown"}}.get(table, set()) == never


def rows(*domains, **more):
    """Return the rows of made-up domains, by their kind."""
    kinds = (DomainRow, DomainPenetration, HostData, Reachability)
    all_rows = list(figures.rows(domains, DATE, **more))
    return {kind: [row for row in all_rows if isinstance(row, kind)] for kind in kinds}


def test_a_shared_host_is_measured_once():
    """Two domains of a TLD that share a name server have two hosts, one of them pinged and traced."""
    four, six = address("192.0.2.1", avg_ms=20.5, hops=9), address("2001:db8::1", avg_ms=10.25, hops=12)
    shared = host("ns.a.example", "NS", four, six, priority=1)

    (row,) = rows(domain(shared), domain(shared, name="b.example"))[HostData]

    assert (2, 2, 1, 1, 20.5, 10.25) == (row.hosts, row.dualstack, row.pinghosts, row.faster, row.ping4, row.ping6)
    assert (1, 0, 9, 12) == (row.pathhosts, row.fewer, row.hops4, row.hops6)


def test_a_host_guessed_for_two_domains_is_measured_once():
    """The host www.ipv6.a.example, guessed from a.example and from ipv6.a.example, is measured once."""
    four, six = address("192.0.2.1", avg_ms=20.5), address("2001:db8::1", avg_ms=10.25)
    guess = host("www.ipv6.a.example", "WWW", four, six)

    (row,) = rows(domain(guess), domain(guess, name="ipv6.a.example"))[HostData]

    assert (2, 1, 20.5) == (row.hosts, row.pinghosts, row.ping4)


def test_each_tld_has_its_own_rows():
    """A host shared by domains of two TLDs counts in both."""
    shared = host("ns.a.example", "NS", address("192.0.2.1"), priority=1)

    by_table = rows(domain(shared), domain(shared, name="b.test"))

    for kind in (HostData, DomainPenetration):
        assert ["example", "test"] == [row.tld for row in by_table[kind]]


def test_what_could_not_be_asked_is_neither_open_nor_closed():
    """A port that could not be probed counts as unknown, once for each host."""
    hosts = [
        host("www.a.example", "WWW", address("192.0.2.1", port80=True), address("2001:db8::1", port80=None)),
        host("six.a.example", "WWW", address("192.0.2.2", port80=None), address("2001:db8::2", port80=None)),
        host("www6.a.example", "WWW", address("192.0.2.3", port80=False)),
    ]

    (row,) = rows(domain(*hosts), services=["HTTP"])[Reachability]

    assert (3, 2, 1, 0, 2) == (row.hosts4, row.hosts6, row.reach4, row.reach6, row.unknown)


def test_a_service_that_was_not_asked_has_no_rows():
    """A service that was not probed has no row; one that was closed has a row."""
    by_table = rows(domain(host(four=address("192.0.2.1", port443=False))), services=["HTTPS"])

    assert [("HTTPS", 1, 0)] == [(row.service, row.hosts4, row.reach4) for row in by_table[Reachability]]


def test_a_failed_lookup_is_no_absence():
    """A host whose AAAA lookup failed is unknown, not IPv4 only; so is its domain, unless another host has IPv6."""
    doubtful = host(four=address("192.0.2.1"), aaaa=Failure.TIMEOUT)
    by_table = rows(domain(doubtful), domain(doubtful, host("ns.b.example", "NS", six=address("2001:db8::1"))))

    (penetration,) = by_table[DomainPenetration]
    assert (2, 1, 1) == (penetration.domains, penetration.domains6, penetration.unknown)
    web = next(row for row in by_table[HostData] if row.type == "WWW")
    assert (2, 0, 2) == (web.hosts, web.hosts4, web.unknown)


def test_nowhere_is_in_two_tables():
    """A domain without a country is listed under ZZ; its hosts are in no total."""
    by_table = rows(domain(host(four=address("192.0.2.1", None))))

    assert ["ZZ"] == [row.country for row in by_table[DomainPenetration]]
    assert ["ZZ"] == [row.country for row in by_table[DomainRow]]
    assert [] == by_table[HostData] + by_table[Reachability]


@pytest.mark.parametrize(
    ("crawl", "services"),
    [
        ({"settings": '{"METRICS": "ping, tcp80"}', "skipped": "{}"}, {"HTTP"}),
        ({"settings": '{"METRICS": ["tls", "tcp443"]}', "skipped": '{"tcp443": "no way"}'}, {"SMTPS"}),
        ({"settings": '{"METRICS": ""}', "skipped": "{}"}, set()),
        ({"settings": "{}", "skipped": "{}"}, {"HTTP", "HTTPS", "SMTPS"}),
        ({}, {"HTTP", "HTTPS", "SMTPS"}),
    ],
)
def test_what_was_asked_is_on_record(crawl, services):
    """The metrics of a crawl are those of its settings minus the skipped ones; a file without a record has all."""
    assert services == figures.services_of(crawl)


def test_the_date_is_that_of_the_first_start(tmp_path):
    """The date is that of the first start in UTC; a file without a crawl is rejected."""
    store = Store(tmp_path / "ips.db")
    with pytest.raises(ExportError, match="does not say when its crawl began"):
        figures.date_of(store)
    store.record_crawl(
        run="2024-05-06__23-59-59", version="1", settings="{}", list="", list_sha256="", starts=1, resolver="",
        skipped="{}", started_at=int(dt.datetime(2024, 5, 6, 23, 59, 59, tzinfo=dt.UTC).timestamp()),
    )  # fmt: skip

    assert DATE == figures.date_of(store)
    store.close()
