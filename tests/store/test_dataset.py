"""A crawl domain by domain, as exporters read it."""

from __future__ import annotations

import sqlite3

import pytest

from ipv6matrix.exceptions import ReadStoppedError
from ipv6matrix.items import Failure
from ipv6matrix.store import dataset
from ipv6matrix.store.database import Store
from tests.expected import Expected
from tests.finished import Finished


@pytest.fixture(scope="module")
def domains(finished: Finished) -> dict[str, dataset.Domain]:
    return {domain.name: domain for domain in dataset.domains(finished.store)}


@pytest.fixture(scope="module")
def expected(finished: Finished) -> Expected:
    return finished.former


def hosts(domains):
    return [host for domain in domains.values() for host in domain.hosts]


def test_domains_are_ordered_by_tld_and_name(finished, expected):
    """Every requested domain is listed once; those that opted out are not."""
    walked = [(domain.tld, domain.name) for domain in dataset.domains(finished.store)]

    assert sorted((name.rpartition(".")[2], name) for name in expected.domains) == walked


def test_hosts_come_with_their_roles(domains, expected):
    """All hosts of a domain are ordered by kind, priority and name."""
    walked = {
        (host.kind, domain.name, host.name, host.priority) for domain in domains.values() for host in domain.hosts
    }

    assert expected.roles == walked
    for domain in domains.values():
        order = [(host.kind, host.priority, host.name) for host in domain.hosts]
        assert sorted(order) == order


def test_a_host_has_its_chosen_addresses(domains, expected):
    """For each family a host has its chosen address, or None."""
    chosen = {(host, family): address for host, family, address, choice in expected.host_addresses if choice}

    for host in hosts(domains):
        assert chosen.get((host.name, 4)) == (host.ip4.address if host.ip4 else None)
        assert chosen.get((host.name, 6)) == (host.ip6.address if host.ip6 else None)


def test_an_error_is_not_an_absence(domains, expected):
    """Whether a host has an address is unknown if and only if the lookup was not made or failed."""
    for host in hosts(domains):
        for family in (4, 6):
            truth = expected.hosts.get(host.name)
            lookup = truth and (truth.a if family == 4 else truth.aaaa)
            failed = lookup.status in set(Failure) if lookup else len(host.name) <= 253
            assert failed == host.is_unknown(family), (host, family)


def test_an_address_has_its_measurements(domains, expected):
    """Ports, pings, hops and names match the truth; measurements without an answer are None."""
    addresses = {address.address: address for host in hosts(domains) for address in (host.ip4, host.ip6) if address}
    assert expected.probed.keys() == addresses.keys()
    for text, truth in expected.probed.items():
        address = addresses[text]
        assert truth.echo == (address.ping is not None and address.ping.avg_ms is not None), text
        assert bool(truth.ports[80].open) == address.tcp.port80, text
        assert bool(truth.ports[443].open) == address.tcp.port443, text
        assert truth.trace(gap_limit=5).reached_ttl == address.trace.hops, text


def test_an_old_file_is_read_with_current_views(tmp_path):
    """Views that an earlier version created in a file do not affect what is read from it."""
    path = tmp_path / "ips.db"
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP VIEW rdns")
        connection.execute("CREATE VIEW rdns AS SELECT 'old' AS ip, 'old' AS reverse")
    connection.close()

    store = Store.read(path)

    assert [("n/a", "n/a")] == store.query("SELECT * FROM rdns")
    store.close()


def test_reading_can_be_stopped(finished):
    """A stopped iteration ends with a specific error."""
    stopped = []
    store = Store.read(finished.path, lambda: bool(stopped))
    walked = dataset.domains(store)
    next(walked)

    stopped.append(True)

    with pytest.raises(ReadStoppedError, match="READING_STOPPED"):
        list(walked)
    store.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM role_figures WHERE domain_id = ?",
        "SELECT * FROM ping_figures WHERE address_id = ?",
        "SELECT * FROM reverse_figures WHERE address_id = ?",
        "SELECT * FROM tcp_figures WHERE address_id = ?",
        "SELECT * FROM trace_figures WHERE address_id = ?",
        "SELECT * FROM soa_figures WHERE domain_id = ?",
    ],
)
def test_reading_one_domain_scans_no_table(finished, query):
    """The cost of a domain is independent of the size of the crawl: every table is searched by a key."""
    steps = [row[3] for row in finished.store.query(f"EXPLAIN QUERY PLAN {query}", (1,))]
    tables = {"addresses", "pings", "ports", "reverse_names", "hops", "traces", "domains", "hosts", "roles"}
    tables |= {"lookups", "host_addresses", "smtp_sessions", "soa_records"}
    tables |= {"ping_summaries", "trace_summaries"}

    assert any(step.startswith("SEARCH") for step in steps)
    assert [] == [step for step in steps if step.startswith("SCAN") and step.split()[1] in tables]
