"""Every fact about one domain."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ipv6matrix.exceptions import StoreError
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import domain
from tests.samples import domain_item

# Columns that identify rows or refer to other rows: not facts.
KEYS = {"owner", "owner_id", "type", "id", "domain_id", "host_id", "address_id", "router_id"}
# The columns of each table.
PLACES = {
    "domains": lambda facts: [facts],
    "soa_records": lambda facts: [facts["soa"]] if "soa" in facts else [],
    "hosts": lambda facts: facts["hosts"],
    "addresses": lambda facts: addresses(facts),  # noqa: PLW0108 - not there yet
    "lookups": lambda facts: [
        *facts["lookups"].values(),
        *(row for host in facts["hosts"] for row in host["lookups"].values()),
    ],
    "reverse_names": lambda facts: measured(facts, "reverse_names"),
    "pings": lambda facts: measured(facts, "pings"),
    "smtp_sessions": lambda facts: measured(facts, "smtp_sessions"),
    "traces": lambda facts: measured(facts, "traces"),
    "ports": lambda facts: [port for address in addresses(facts) for port in address["ports"]],
    "hops": lambda facts: [hop for trace in measured(facts, "traces") for hop in trace["hops"]],
}


def addresses(facts):
    return [address for host in facts["hosts"] for address in host["addresses"]]


def measured(facts, table):
    return [address[table] for address in addresses(facts) if table in address]


@pytest.fixture(scope="module")
def facts(finished):
    return {name: domain.facts(finished.store, name) for name in finished.expected.domains}


def test_hosts_and_addresses_match_the_truth(facts, finished):
    """The result has every role of a domain and every address in its host's answers."""
    expected = finished.expected
    roles = {(host["kind"], name, host["name"], host["priority"]) for name, of in facts.items() for host in of["hosts"]}
    pairs = {
        (host["name"], address["family"], address["address"], address["choice"])
        for of in facts.values()
        for host in of["hosts"]
        for address in host["addresses"]
    }

    assert expected.roles == roles
    assert set(expected.host_addresses) == pairs


@pytest.mark.parametrize("table", PLACES)
def test_every_column_is_included(facts, finished, table):
    """Everything that the tables hold about a domain is part of its facts."""
    columns = {row[1] for row in finished.store.query(f"PRAGMA table_info({table})")} - KEYS
    rows = [row for of in facts.values() for row in PLACES[table](of)]

    missing = {"found_at"} if table == "addresses" else set()
    assert rows
    assert columns - missing <= set(rows[0])


@pytest.mark.parametrize("table", ["pings", "ports", "traces", "reverse_names", "smtp_sessions"])
def test_every_row_is_included(facts, finished, table):
    """The result has one entry for each measurement."""
    key = ", port" if table == "ports" else ""
    joined = f"{table} JOIN addresses ON addresses.id = address_id WHERE found_at IS NOT NULL"
    ((number,),) = finished.store.query(f"SELECT count(*) FROM (SELECT DISTINCT address{key} FROM {joined})")
    actual = {
        (address["address"], row["port"] if key else None)
        for of in facts.values()
        for address in addresses(of)
        for row in (address["ports"] if key else [address[table]] if table in address else [])
    }

    assert number == len(actual)


def test_lists_are_lists(facts):
    """Lists are returned as lists, not as text that contains one."""
    rtts = [ping["rtts_ms"] for of in facts.values() for ping in measured(of, "pings")]

    names = [smtp["certificate_names"] for of in facts.values() for smtp in measured(of, "smtp_sessions")]

    assert any(rtts)
    assert any(isinstance(value_list, list) and value_list for value_list in names)
    assert all(isinstance(value, float | int) for value_list in rtts for value in value_list)


def test_an_unknown_name_has_no_facts(finished):
    """A name that is not on the list has no facts."""
    assert domain.facts(finished.store, "nowhere.example") is None


def test_a_broken_file_is_reported(tmp_path):
    """A missing column is an error, not an absence."""
    path = tmp_path / "ips.db"
    store = Store(path)
    store.complete(domain_item("a.example"))
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE soa_records RENAME COLUMN mname TO lost")
    broken = Store.read(path)

    with pytest.raises(StoreError, match=r"no such column.*\[DATABASE_NOT_READABLE\]"):
        domain.facts(broken, "a.example")
    broken.close()


@pytest.mark.parametrize(("hosts", "addresses_each"), [(1, 1_201), (1_201, 1), (40, 30)])
def test_an_enormous_domain_comes_in_pages(tmp_path, hosts, addresses_each):
    """Nothing is left out and nothing comes twice, whether it has many hosts or hosts with many addresses."""
    store = Store(tmp_path / "ips.db")
    store.complete(domain_item("giant.example"))
    store.close()
    with closing(sqlite3.connect(tmp_path / "ips.db")) as connection, connection:
        for number in range(hosts):
            connection.execute("INSERT INTO hosts (id, name) VALUES (?, ?)", (1_000 + number, f"h{number:05}.example"))
            connection.execute(
                "INSERT INTO roles (domain_id, kind, host_id, priority) SELECT id, 'MX', ?, 0 FROM domains",
                (1_000 + number,),
            )
            for place in range(addresses_each):
                identifier = number * addresses_each + place + 1
                text = f"20.{identifier >> 16}.{identifier >> 8 & 255}.{identifier & 255}"
                connection.execute(
                    "INSERT INTO addresses (id, address, family) VALUES (?, ?, 4)", (5_000 + identifier, text)
                )
                connection.execute(
                    "INSERT INTO host_addresses (host_id, family, position, address_id, choice) VALUES (?, 4, ?, ?, 1)",
                    (1_000 + number, place + 1, 5_000 + identifier),
                )
    texts, offset, pages = [], 0, 0
    store = Store.read(tmp_path / "ips.db")
    while offset is not None:
        page = domain.facts(store, "giant.example", offset)
        texts += [address["address"] for address in addresses(page)]
        assert len(addresses(page)) <= domain.ADDRESSES
        offset, pages = page.get("next_offset"), pages + 1
    store.close()

    assert hosts * addresses_each == len(texts) == len({*texts})
    assert 3 == pages
