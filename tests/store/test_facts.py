"""Writing items."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipv6matrix.items import (
    Certificate,
    ExclusionItem,
    Failure,
    Hop,
    Host,
    NameServerAnswer,
    NameServerItem,
    NameServerObservation,
    Role,
    SmtpObservation,
    Status,
    TcpObservation,
    TraceObservation,
)
from ipv6matrix.store.database import Store
from tests.samples import AT, domain_item, host, hosts_item, lookup, ping_item
from tests.store.everything import (
    ADDRESS,
    DOMAIN,
    EVERYTHING,
    HOSTS,
    PING,
    REFUSAL,
    REVERSE,
    TCP,
    TRACE,
    facts,
)


@pytest.mark.parametrize("item", EVERYTHING, ids=lambda item: type(item).__name__)
def test_storing_twice_changes_nothing(store, item):
    """An answer that is stored again after a kill leaves the rows unchanged."""
    for stored_item in EVERYTHING:
        store.complete(stored_item)
    before = facts(store)
    store.complete(item)

    assert before == facts(store)


def test_the_order_of_answers_does_not_matter(store, tmp_path):
    """Answers in any order lead to the same facts."""
    other = Store(tmp_path / "other.db")
    for item in EVERYTHING:
        store.complete(item)
    for item in [*reversed(EVERYTHING[:-1]), EVERYTHING[-1]]:
        other.complete(item)
    sql = (
        "SELECT position, address, choice FROM host_addresses JOIN addresses ON id = address_id ORDER BY 2, 1",
        "SELECT address, family, kind, refusal, asn, latitude, longitude, found_at FROM addresses ORDER BY 1",
        "SELECT name, a_status, aaaa_status, canonical_name, wildcard, refusal FROM host_figures ORDER BY 1",
        "SELECT kind, hosts.name, priority FROM roles JOIN hosts ON hosts.id = host_id ORDER BY 1, 2",
    )

    assert [store.query(statement) for statement in sql] == [other.query(statement) for statement in sql]
    other.close()


def test_a_domain_may_follow_the_answers_of_its_name_servers(store):
    """In a shared crawl, another machine may have looked the domain up; its answer comes when a bucket is taken."""
    observation = NameServerObservation(
        zone="a.example", address="192.0.2.1", tcp=False, answer=NameServerAnswer.TIMEOUT, asked_at=AT
    )
    store.complete(NameServerItem(url="dns://192.0.2.1/a.example?type=SOA&rd=0", zones=(observation,)))
    assert [("a.example", "192.0.2.1", "timeout")] == store.query(
        "SELECT name, address, answer FROM name_servers JOIN domains ON domains.id = domain_id"
        " JOIN addresses ON addresses.id = address_id"
    )

    for second in ("first", "second"):
        store.complete(domain_item("a.example", ns=lookup("a.example", "NS", "ns.example"), url=f"dns://{second}"))
    store.complete(domain_item("a.example", tld="changed"))

    assert [("example", int(AT))] == store.query("SELECT tld, asked_at FROM domains")
    assert [("NS", "ok")] == store.query("SELECT type, status FROM lookups WHERE owner = 'domain'")


def test_the_first_answer_stays(store):
    """A second, different answer to the same request does not replace the first."""
    for item in EVERYTHING:
        store.complete(item)
    before = facts(store)
    store.complete(replace(DOMAIN, tld="other", roles=(Role(kind="NS", host="other.example", priority=9),)))
    store.complete(hosts_item(host("www.a.example", "192.0.2.99"), url="dns://other"))
    store.complete(ping_item(ADDRESS, 99.0))
    store.complete(replace(TRACE, trace=TraceObservation(hops=(Hop(ttl=1),), asked_at=AT)))
    after = facts(store)

    assert before | {"addresses": after["addresses"]} == after
    assert before["addresses"] == after["addresses"][:-1]
    assert "192.0.2.99" == after["addresses"][-1][1]


def test_domain_lookups_are_stored_with_status_and_ttl(store):
    """A failed lookup has its own status, and a lookup that was not made has no row."""
    store.complete(DOMAIN)
    store.complete(domain_item("out.example", refusal="opted_out"))

    assert [
        ("a.example", "example", None, int(AT)),
        ("out.example", "example", "opted_out", int(AT)),
    ] == store.query("SELECT name, tld, refusal, asked_at FROM domains")
    assert [
        (1, "MX", "servfail", None, None, int(AT)),
        (1, "NS", "ok", 60, 1, int(AT)),
        (1, "SOA", "ok", 70, 1, int(AT)),
    ] == store.query("SELECT owner_id, type, status, ttl_s, records, asked_at FROM lookups WHERE owner = 'domain'")
    assert [(1, "ns.a.example", "h.a.example", 4294967295, 2, 3, 4, 5)] == store.query("SELECT * FROM soa_records")


def test_roles_name_hosts_before_they_are_looked_up(store):
    """A host has one row for all its roles; until it is looked up it has only a name."""
    store.complete(DOMAIN)
    store.complete(domain_item("b.example", roles=(Role(kind="MX", host="www.a.example", priority=10),)))

    assert [
        ("a.example", "NS", "ns.a.example", 1),
        ("a.example", "NTP", "ntp.a.example", 0),
        ("a.example", "WWW", "www.a.example", 0),
        ("b.example", "MX", "www.a.example", 10),
    ] == store.query(
        "SELECT domains.name, kind, hosts.name, priority FROM roles JOIN domains ON domains.id = domain_id"
        " JOIN hosts ON hosts.id = host_id ORDER BY 1, 2"
    )
    assert [("ns.a.example", None, None), ("ntp.a.example", None, "name_too_long"), ("www.a.example", None, None)] == (
        store.query("SELECT name, asked_at, refusal FROM hosts ORDER BY 1")
    )


def test_every_address_of_a_host_is_stored_in_order(store):
    """Per family, position is the place in the answer and choice the rank among the probed addresses."""
    store.complete(HOSTS)

    assert [
        ("six.a.example", 4, 1, ADDRESS, 1),
        ("www.a.example", 4, 1, "192.0.2.3", 2),
        ("www.a.example", 4, 2, ADDRESS, 1),
        ("www.a.example", 6, 1, "2001:db8::1", 1),
    ] == store.query(
        "SELECT name, host_addresses.family, position, address, choice FROM host_addresses"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id ORDER BY 1, 2, 3"
    )
    assert [("six.a.example", 1), ("www.a.example", 0)] == store.query("SELECT name, wildcard FROM hosts ORDER BY 1")
    assert [(64496, 1.5, -2.5, "documentation", int(AT))] == store.query(
        f"SELECT asn, latitude, longitude, kind, found_at FROM addresses WHERE address = '{ADDRESS}'"
    )


def test_an_excluded_address_has_no_choice(store):
    """An address that must not be probed is stored with the reason and not chosen."""
    item = hosts_item(
        host("a.example", "10.0.0.1", ADDRESS, chosen=(ADDRESS,)), places={"10.0.0.1": {"refusal": "private"}}
    )
    store.complete(item)

    assert [("10.0.0.1", "private", None), (ADDRESS, None, 1)] == store.query(
        "SELECT address, refusal, choice FROM host_addresses JOIN addresses ON addresses.id = address_id ORDER BY 1"
    )


def test_host_lookups_are_stored_with_status(store):
    """Absence, emptiness and failure have different statuses; an omitted lookup has no row."""
    name = "www.a.example"
    store.complete(
        hosts_item(
            Host(name=name, a=lookup(name, "A", status=Status.NXDOMAIN, ttl_s=5)),
            Host(name="b", a=lookup("b", "A"), aaaa=lookup("b", "AAAA", status=Failure.TIMEOUT, ttl_s=None)),
            Host(name="c", aaaa=lookup("c", "AAAA", "2001:db8::1", canonical_name="d")),
        )
    )

    assert [
        ("b", "A", "nodata", 300, 0, None, int(AT)),
        ("b", "AAAA", "timeout", None, None, None, int(AT)),
        ("c", "AAAA", "ok", 300, 1, "d", int(AT)),
        (name, "A", "nxdomain", 5, 0, None, int(AT)),
    ] == store.query(
        "SELECT name, type, status, ttl_s, records, canonical_name, lookups.asked_at"
        " FROM lookups JOIN hosts ON hosts.id = owner_id WHERE owner = 'host' ORDER BY 1, 2"
    )


def test_an_alias_from_either_lookup_is_stored(store):
    """The canonical name is known even if only one of the lookups returned it."""
    store.complete(
        hosts_item(
            Host(
                name="a",
                a=lookup("a", "A", status=Failure.TIMEOUT),
                aaaa=lookup("a", "AAAA", "2001:db8::1", canonical_name="real"),
            )
        )
    )

    assert [("real",)] == store.query("SELECT canonical_name FROM host_figures")


def test_a_router_becomes_a_located_address_when_a_host_has_it(store):
    """The address of a host completes the row that a path created."""
    store.complete(TRACE)
    assert [("192.0.2.1", None, None), ("198.18.0.1", None, None)] == store.query(
        "SELECT address, kind, found_at FROM addresses ORDER BY 1"
    )
    store.complete(hosts_item(host("r.example", "198.18.0.1"), places={"198.18.0.1": {"country_code": "DE"}}))

    assert [("benchmarking", "DE", int(AT))] == store.query(
        "SELECT kind, country_code, found_at FROM addresses WHERE address = '198.18.0.1'"
    )


def test_the_smallest_of_several_names_is_stored(store):
    """The stored name does not depend on the order of the answer; the number of names is stored too."""
    store.complete(REVERSE)

    assert [(1, "b.example")] == store.query("SELECT * FROM reverse_names")
    assert [("address", 1, "PTR", "ok", 30, 2, int(AT))] == store.query(
        "SELECT owner, owner_id, type, status, ttl_s, records, asked_at FROM lookups"
    )


def test_every_round_trip_time_is_stored(store):
    """RTTs are in sending order; silence is an empty list and not a failure."""
    store.complete(PING)
    store.complete(ping_item("192.0.2.2"))
    store.complete(ping_item("192.0.2.3", sent=0, failure=Failure.NETWORK_UNREACHABLE))

    assert [(5, "[1.5,0.25]", None), (5, "[]", None), (0, "[]", "network_unreachable")] == store.query(
        "SELECT sent, rtts_ms, failure FROM pings"
    )


def test_the_outcome_of_every_port_is_stored(store):
    """An open port has a connect time, any other a failure."""
    store.complete(TCP)

    assert [(25, 1, 2.5, None, int(AT)), (80, 0, None, "timeout", int(AT) + 1)] == store.query(
        "SELECT port, open, connect_ms, failure, asked_at FROM ports"
    )
    assert [
        (
            1, 220, "hello\nthere", "EHLO", "accepted", "TLSv1.3",
            "ab", "CN=s", "CN=i", 1, 2, '["a.example", "b,c"]', None, int(AT), 2,
        )
    ] == store.query("SELECT * FROM smtp_sessions")  # fmt: skip


def test_a_session_without_certificate_is_stored(store):
    """Fields that a session did not learn stay NULL."""
    smtp = SmtpObservation(failure=Failure.CONNECTION_CLOSED, asked_at=AT)
    store.complete(replace(TCP, tcp=TcpObservation(ports=(), smtp=smtp)))

    assert [(1, *[None] * 11, "connection_closed", int(AT), None)] == store.query("SELECT * FROM smtp_sessions")


def test_unreadable_certificate_fields_are_null(store):
    """A field that cannot be parsed is NULL; the other fields are stored."""
    certificate = Certificate(sha256="ab", issuer="CN=i", not_after=2.9)
    smtp = SmtpObservation(greeting_code=220, certificate=certificate, asked_at=AT)
    store.complete(replace(TCP, tcp=TcpObservation(ports=(), smtp=smtp)))

    columns = "sha256", "subject", "issuer", "not_before", "not_after", "names", "names_total"
    assert [("ab", None, "CN=i", None, 2, None, None)] == store.query(
        f"SELECT {', '.join(f'certificate_{column}' for column in columns)} FROM smtp_sessions"
    )


def test_every_hop_is_stored(store):
    """A silent hop has a row without a router."""
    store.complete(TRACE)

    assert [(1, "198.18.0.1", 0.5), (2, None, None), (3, ADDRESS, 1.5)] == store.query(
        "SELECT ttl, address, rtt_ms FROM hops LEFT JOIN addresses ON addresses.id = router_id ORDER BY ttl"
    )
    assert [(3, "reached", None, int(AT))] == store.query("SELECT reached_ttl, stop, failure, asked_at FROM traces")


def test_an_exclusion_is_stored_with_its_address(store):
    """The first reason stays, and an address that was never stored is not created."""
    store.complete(HOSTS)
    store.complete(REFUSAL)
    store.complete(replace(REFUSAL, reason="no_ipv6"))
    store.complete(ExclusionItem(url="ping://192.0.2.77", address="192.0.2.77", reason="opted_out"))

    assert [("192.0.2.1", None), ("192.0.2.3", None), ("2001:db8::1", "opted_out")] == store.query(
        "SELECT address, refusal FROM addresses ORDER BY 1"
    )


def test_a_wildcard_shows_in_any_order(store):
    """A host that was looked up in a role in which wildcards do not show is marked once a guess shows it."""
    hosts = [host("www.a.example", ADDRESS), host("www.a.example", ADDRESS, wildcard=True)]
    for observed in (*hosts, hosts[0]):
        store.complete(hosts_item(observed))

    assert [(1,)] == store.query("SELECT wildcard FROM hosts")
