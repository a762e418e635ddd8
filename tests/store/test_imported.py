"""Summarized facts of older formats, as they are stored in the tables."""

from __future__ import annotations

import sqlite3

import pytest

from ipv6matrix.store import imported, schema, views
from ipv6matrix.store.imported import HostAddress, Ping, Place, Port, ReverseName, Role, SmtpSession, Soa, Trace, Tunnel

A, B, SIX = "192.0.2.1", "192.0.2.2", "2001:db8::1"
SOA = Soa("a.test", "ns.a.test", "root.a.test", 7, 1, 2, 3, 4)
BERLIN = Place(A, 64498, "Spree", "Berlin", None, "DE", None, 13.4)


@pytest.fixture
def connection():
    made = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(made)
    views.draw(made)
    imported.prepare(made)
    yield made
    made.close()


def saved(connection, *facts):
    """Save each fact separately, then finish."""
    for fact in facts:
        imported.save(connection, [fact], 1000)
    for statement in (*imported.CONCLUDE, *imported.LOOKUPS.values()):
        connection.execute(statement)
    return lambda sql: connection.execute(sql).fetchall()


def test_a_role_creates_domain_and_host(connection):
    """A repeated role is stored once, with the lower priority."""
    rows = saved(connection, Role("MX", "a.test", "mx.test"), Role("MX", "a.test", "mx.test", 10))

    assert [("MX", 10)] == rows("SELECT kind, priority FROM roles")
    assert [("a.test", "test", 1000)] == rows("SELECT name, tld, asked_at FROM domains")
    assert [("mx.test",)] == rows("SELECT name FROM hosts")


def test_missing_lookups_are_unrecorded(connection):
    """Lookups with a result are ok; whether the others failed is unknown."""
    rows = saved(
        connection, Role("NS", "a.test", None), Role("MX", "a.test", "mx.test"), HostAddress("mx.test", A, None)
    )

    assert [("unrecorded", "ok", "unrecorded")] == rows("SELECT ns_status, mx_status, soa_status FROM domain_figures")
    assert [("ok", "unrecorded")] == rows("SELECT a_status, aaaa_status FROM host_figures")


def test_an_soa_record_creates_its_domain(connection):
    """An SOA record creates a domain of which nothing else is known."""
    rows = saved(connection, SOA)

    assert [SOA] == rows("SELECT name, mname, rname, serial, refresh_s, retry_s, expire_s, minimum_s"
                         " FROM soa_records JOIN domains ON domains.id = domain_id")  # fmt: skip
    assert [("ok",)] == rows("SELECT soa_status FROM domain_figures")


@pytest.mark.parametrize(
    ("addresses", "chosen"),
    [
        ([HostAddress("h.test", "192.0.2.10", None), HostAddress("h.test", "192.0.2.9", None)], ["192.0.2.9"]),
        ([HostAddress("h.test", "10.0.0.1", "private"), HostAddress("h.test", B, None)], [B]),
        ([HostAddress("h.test", "10.0.0.1", "private")], []),
        ([HostAddress("h.test", A, None), HostAddress("h.test", SIX, None)], [A, SIX]),
    ],
)
def test_the_smallest_usable_address_represents_a_host(connection, addresses, chosen):
    """In each family the smallest address by value is chosen; all addresses are stored in input order."""
    rows = saved(connection, *addresses, *addresses)

    stored = rows("SELECT address, position FROM host_addresses JOIN addresses ON addresses.id = address_id")
    assert {address_fact.address for address_fact in addresses} == {address for address, _ in stored}
    assert chosen == [address for (address,) in rows(
        "SELECT address FROM host_addresses JOIN addresses ON addresses.id = address_id WHERE choice = 1"
        " ORDER BY addresses.family")]  # fmt: skip


def test_an_address_has_kind_place_and_tunnel(connection):
    """Facts about an address are written once; its kind is derived from the address itself."""
    other = BERLIN._replace(city="Paris")
    rows = saved(connection, BERLIN, other, Tunnel(A, "U1"), Tunnel(A, "U2"), HostAddress("h.test", A, "documentation"))

    assert [("documentation", "documentation", "U1", "Berlin", 13.4, 1000)] == rows(
        "SELECT kind, refusal, tunnel_id, city, longitude, found_at FROM addresses"
    )


@pytest.mark.parametrize("facts", [(ReverseName(A, None), ReverseName(A, "a.test")), (ReverseName(A, "a.test"),) * 2])
def test_a_name_outweighs_its_absence(connection, facts):
    """A reverse name that occurs once is stored; without one the reason is unknown."""
    rows = saved(connection, *facts, ReverseName(B, None))

    assert [(A, "ok", 1, "a.test"), (B, "unrecorded", None, None)] == rows(
        "SELECT address, status, records, name FROM lookups JOIN addresses ON id = owner_id"
        " LEFT JOIN reverse_names ON address_id = owner_id WHERE type = 'PTR' ORDER BY 1"
    )


def test_the_more_informative_ping_is_stored(connection):
    """The choice does not depend on the order; a ping that was not requested leaves no row."""
    heard, guessed = Ping(A, 5, 1.0, 2.0, 3.0, 0.5, 4), Ping(A, 3, None, None, None, None, 0)
    rows = saved(connection, guessed, heard, guessed, Ping(B, 5, None, None, None, None, 0),
                 Ping(B, None, None, None, None, None, 1), Ping(SIX, 5, None, None, None, None, 2))  # fmt: skip

    assert [(A, 5, 2.0, 1000), (SIX, 5, None, 1000)] == rows(
        "SELECT address, sent, avg_ms, asked_at FROM ping_summaries JOIN addresses ON id = address_id"
    )


def test_ports_sessions_and_traces(connection):
    """A closed port has an unspecific failure; the parts of a session may come separately."""
    sessions = SmtpSession(A, None, "accepted"), SmtpSession(A, 220, None)
    traces = Trace(A, 1500, 3, "a --> b --> c"), Trace(A, None, None, None)
    rows = saved(connection, Port(A, 25, False), Port(A, 25, True), Port(A, 80, False), *sessions, *traces)

    assert [(25, 1, None), (80, 0, "unrecorded")] == rows("SELECT port, open, failure FROM ports")
    assert [(220, "accepted")] == rows("SELECT greeting_code, starttls FROM smtp_sessions")
    assert [(1500, 3, "a --> b --> c")] == rows("SELECT mtu, reached_ttl, path FROM trace_summaries")
