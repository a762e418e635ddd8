"""Writing items."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipv6matrix import questions
from ipv6matrix.items import (
    Certificate,
    Failure,
    Hop,
    Host,
    PortObservation,
    RefusalItem,
    ReverseItem,
    Role,
    SmtpObservation,
    SoaRecord,
    Starttls,
    Status,
    Stop,
    TcpItem,
    TcpObservation,
    TraceItem,
    TraceObservation,
)
from ipv6matrix.store.database import Store
from tests.samples import AT, domain_item, host, hosts_item, lookup, ping_item

ADDRESS = "192.0.2.1"
SOA = SoaRecord(
    mname="ns.a.example", rname="h.a.example", serial=4294967295, refresh_s=2, retry_s=3, expire_s=4, minimum_s=5
)
TABLES = [
    "domains",
    "first_answers",
    "soa_records",
    "hosts",
    "roles",
    "addresses",
    "host_addresses",
    "reverse_names",
    "pings",
    "ports",
    "smtp_sessions",
    "traces",
    "hops",
]

DOMAIN = domain_item(
    "a.example",
    ns=lookup("a.example", "NS", "ns.a.example", ttl_s=60),
    mx=lookup("a.example", "MX", status=Failure.SERVFAIL, ttl_s=None),
    soa=lookup("a.example", "SOA", SOA, ttl_s=70),
    roles=(
        Role(kind="NS", host="ns.a.example", priority=1),
        Role(kind="WWW", host="www.a.example", priority=0),
        Role(kind="NTP", host="ntp.a.example", priority=0),
    ),
    hosts=(Host(name="ntp.a.example", refusal="name_too_long"),),
)
HOSTS = hosts_item(
    host("www.a.example", "192.0.2.3", ADDRESS, "2001:db8::1", chosen=(ADDRESS, "192.0.2.3", "2001:db8::1")),
    host("six.a.example", ADDRESS, wildcard=True),
    places={ADDRESS: {"asn": 64496, "latitude": 1.5, "longitude": -2.5, "tunnel_id": None}},
)
REVERSE = ReverseItem(
    url=questions.reverse(ADDRESS),
    address=ADDRESS,
    lookup=lookup("1.2.0.192.in-addr.arpa", "PTR", "z.example", "b.example", ttl_s=30),
)
PING = ping_item(ADDRESS, 1.5, 0.25)
TCP = TcpItem(
    url=questions.tcp(ADDRESS, (25, 80), starttls=True),
    address=ADDRESS,
    tcp=TcpObservation(
        ports=(
            PortObservation(port=25, open=True, connect_ms=2.5, asked_at=AT),
            PortObservation(port=80, open=False, failure=Failure.TIMEOUT, asked_at=AT + 1),
        ),
        smtp=SmtpObservation(
            greeting_code=220,
            greeting="hello\nthere",
            hello="EHLO",
            starttls=Starttls.ACCEPTED,
            tls_version="TLSv1.3",
            certificate=Certificate(
                sha256="ab", subject="CN=s", issuer="CN=i", not_before=1.9, not_after=2.9, names=("a.example", "b")
            ),
            asked_at=AT,
        ),
    ),
)
TRACE = TraceItem(
    url=questions.trace(ADDRESS),
    address=ADDRESS,
    trace=TraceObservation(
        hops=(Hop(ttl=1, address="198.18.0.1", rtt_ms=0.5), Hop(ttl=2), Hop(ttl=3, address=ADDRESS, rtt_ms=1.5)),
        stop=Stop.REACHED,
        reached_ttl=3,
        asked_at=AT,
    ),
)
REFUSAL = RefusalItem(url=questions.ping("2001:db8::1"), address="2001:db8::1", reason="opted_out")
EVERYTHING = [DOMAIN, HOSTS, REVERSE, PING, TCP, TRACE, REFUSAL]


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "ips.db")
    yield opened
    opened.close()


def facts(store):
    return {table: store.query(f"SELECT * FROM {table}") for table in TABLES}


@pytest.mark.parametrize("item", EVERYTHING, ids=lambda item: type(item).__name__)
def test_storing_twice_changes_nothing(store, item):
    """
    An answer that comes again after a kill leaves the rows as they are.
    """
    for one in EVERYTHING:
        store.answer(one)
    before = facts(store)
    store.answer(item)

    assert before == facts(store)


def test_the_order_of_answers_makes_no_difference_to_what_is_known(store, tmp_path):
    """
    Answers may come in any order; the facts are the same.
    """
    other = Store(tmp_path / "other.db")
    for item in EVERYTHING:
        store.answer(item)
    for item in [*reversed(EVERYTHING[:-1]), EVERYTHING[-1]]:
        other.answer(item)
    sql = (
        "SELECT position, address, choice FROM host_addresses JOIN addresses ON id = address_id ORDER BY 2, 1",
        "SELECT address, family, kind, refusal, asn, latitude, longitude, found_at FROM addresses ORDER BY 1",
        "SELECT name, a_status, aaaa_status, wildcard, refusal, asked_at FROM hosts ORDER BY 1",
        "SELECT kind, hosts.name, priority FROM roles JOIN hosts ON hosts.id = host_id ORDER BY 1, 2",
    )

    assert [store.query(one) for one in sql] == [other.query(one) for one in sql]
    other.close()


def test_what_is_known_first_stays(store):
    """
    A second, different answer about the same thing does not replace the first.
    """
    for item in EVERYTHING:
        store.answer(item)
    before = facts(store)
    store.answer(replace(DOMAIN, tld="other", roles=(Role(kind="NS", host="other.example", priority=9),)))
    store.answer(hosts_item(host("www.a.example", "192.0.2.99", wildcard=True), url="dns://other"))
    store.answer(ping_item(ADDRESS, 99.0))
    store.answer(replace(TRACE, trace=TraceObservation(hops=(Hop(ttl=1),), asked_at=AT)))
    after = facts(store)

    assert before | {"addresses": after["addresses"]} == after
    assert before["addresses"] == after["addresses"][:-1]
    assert "192.0.2.99" == after["addresses"][-1][1]


def test_a_domain_s_lookups_are_kept_with_status_and_ttl(store):
    """
    An error keeps its own word, and what was not asked stays empty.
    """
    store.answer(DOMAIN)
    store.answer(domain_item("out.example", refusal="opted_out"))
    columns = "name, tld, ns_status, ns_ttl_s, mx_status, mx_ttl_s, soa_status, soa_ttl_s, refusal, asked_at"

    assert [
        ("a.example", "example", "ok", 60, "servfail", None, "ok", 70, None, int(AT)),
        ("out.example", "example", None, None, None, None, None, None, "opted_out", int(AT)),
    ] == store.query(f"SELECT {columns} FROM domains")
    assert [(1, "ns.a.example", "h.a.example", 4294967295, 2, 3, 4, 5)] == store.query("SELECT * FROM soa_records")


def test_roles_name_hosts_that_may_not_be_asked_yet(store):
    """
    A host is one row for all its roles; until it is asked it has a name only.
    """
    store.answer(DOMAIN)
    store.answer(domain_item("b.example", roles=(Role(kind="MX", host="www.a.example", priority=10),)))

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


def test_every_address_of_a_host_is_kept_in_its_order(store):
    """
    Position is the place in the answer, choice the rank among those that are probed, per family.
    """
    store.answer(HOSTS)

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


def test_an_address_that_is_not_probed_has_no_choice(store):
    """
    What may not be probed is stored, with its reason, and not chosen.
    """
    item = hosts_item(
        host("a.example", "10.0.0.1", ADDRESS, chosen=(ADDRESS,)), places={"10.0.0.1": {"refusal": "private"}}
    )
    store.answer(item)

    assert [("10.0.0.1", "private", None), (ADDRESS, None, 1)] == store.query(
        "SELECT address, refusal, choice FROM host_addresses JOIN addresses ON addresses.id = address_id ORDER BY 1"
    )


def test_hosts_keep_how_their_lookups_ended(store):
    """
    Absence, emptiness and failure have words of their own; a spared lookup stays empty.
    """
    name = "www.a.example"
    store.answer(
        hosts_item(
            Host(name=name, a=lookup(name, "A", status=Status.NXDOMAIN, ttl_s=5)),
            Host(name="b", a=lookup("b", "A"), aaaa=lookup("b", "AAAA", status=Failure.TIMEOUT, ttl_s=None)),
            Host(name="c", aaaa=lookup("c", "AAAA", "2001:db8::1", canonical_name="d")),
        )
    )

    assert [
        ("b", "nodata", 300, "timeout", None, None, int(AT)),
        ("c", None, None, "ok", 300, "d", int(AT)),
        (name, "nxdomain", 5, None, None, None, int(AT)),
    ] == store.query(
        "SELECT name, a_status, a_ttl_s, aaaa_status, aaaa_ttl_s, canonical_name, asked_at FROM hosts ORDER BY 1"
    )


def test_an_alias_of_either_lookup_is_kept(store):
    """
    The canonical name is known when only one of the lookups has it.
    """
    store.answer(
        hosts_item(
            Host(
                name="a",
                a=lookup("a", "A", status=Failure.TIMEOUT),
                aaaa=lookup("a", "AAAA", "2001:db8::1", canonical_name="real"),
            )
        )
    )

    assert [("real",)] == store.query("SELECT canonical_name FROM hosts")


def test_a_router_becomes_a_located_address_when_a_host_has_it(store):
    """
    What is learned of a host's address completes the row that a path made.
    """
    store.answer(TRACE)
    assert [("192.0.2.1", None, None), ("198.18.0.1", None, None)] == store.query(
        "SELECT address, kind, found_at FROM addresses ORDER BY 1"
    )
    store.answer(hosts_item(host("r.example", "198.18.0.1"), places={"198.18.0.1": {"country_code": "DE"}}))

    assert [("benchmarking", "DE", int(AT))] == store.query(
        "SELECT kind, country_code, found_at FROM addresses WHERE address = '198.18.0.1'"
    )


def test_of_several_names_the_smallest_is_kept(store):
    """
    The name is the same in every crawl, however a server rotates; how many there were is kept.
    """
    store.answer(REVERSE)

    assert [(1, "ok", "b.example", 2, 30, int(AT))] == store.query("SELECT * FROM reverse_names")


def test_every_round_trip_time_is_kept(store):
    """
    Times stand in sending order; silence is an empty list, and no failure.
    """
    store.answer(PING)
    store.answer(ping_item("192.0.2.2"))
    store.answer(ping_item("192.0.2.3", sent=0, failure=Failure.NETWORK_UNREACHABLE))

    assert [(5, "[1.5,0.25]", None), (5, "[]", None), (0, "[]", "network_unreachable")] == store.query(
        "SELECT sent, rtts_ms, failure FROM pings"
    )


def test_every_port_s_outcome_is_kept(store):
    """
    An open port has a time, another a reason.
    """
    store.answer(TCP)

    assert [(25, 1, 2.5, None, int(AT)), (80, 0, None, "timeout", int(AT) + 1)] == store.query(
        "SELECT port, open, connect_ms, failure, asked_at FROM ports"
    )
    assert [
        (
            1, 220, "hello\nthere", "EHLO", "accepted", "TLSv1.3",
            "ab", "CN=s", "CN=i", 1, 2, "a.example,b", None, int(AT),
        )
    ] == store.query("SELECT * FROM smtp_sessions")  # fmt: skip


def test_a_session_without_certificate_is_kept(store):
    """
    What a session did not learn stays empty.
    """
    smtp = SmtpObservation(failure=Failure.CONNECTION_CLOSED, asked_at=AT)
    store.answer(replace(TCP, tcp=TcpObservation(ports=(), smtp=smtp)))

    assert [(1, *[None] * 11, "connection_closed", int(AT))] == store.query("SELECT * FROM smtp_sessions")


def test_every_hop_is_kept(store):
    """
    A silent hop has a row without router.
    """
    store.answer(TRACE)

    assert [(1, "198.18.0.1", 0.5), (2, None, None), (3, ADDRESS, 1.5)] == store.query(
        "SELECT ttl, address, rtt_ms FROM hops LEFT JOIN addresses ON addresses.id = router_id ORDER BY ttl"
    )
    assert [(3, "reached", None, int(AT))] == store.query("SELECT reached_ttl, stop, failure, asked_at FROM traces")


def test_a_refusal_stays_with_its_address(store):
    """
    The first reason stays, and an address that nobody stored is not made up.
    """
    store.answer(HOSTS)
    store.answer(REFUSAL)
    store.answer(replace(REFUSAL, reason="no_ipv6"))
    store.answer(RefusalItem(url="ping://192.0.2.77", address="192.0.2.77", reason="opted_out"))

    assert [("192.0.2.1", None), ("192.0.2.3", None), ("2001:db8::1", "opted_out")] == store.query(
        "SELECT address, refusal FROM addresses ORDER BY 1"
    )


# --- the second pass ---


def failed(name, rdtype, status=Failure.TIMEOUT):
    return lookup(name, rdtype, status=status, ttl_s=None)


def first_answers(store):
    return store.query("SELECT subject, question, outcome FROM first_answers ORDER BY 1, 2")


def silent_tcp(*failures, second=False):
    ports = tuple(
        PortObservation(port=port, open=failure is None, failure=failure, asked_at=AT + 60 * second)
        for port, failure in zip((25, 80), failures, strict=True)
    )
    return TcpItem(
        url=questions.tcp(ADDRESS, (25, 80), starttls=True),
        second=second,
        address=ADDRESS,
        tcp=TcpObservation(ports=ports),
    )


SECONDS = [
    domain_item(
        "a.example",
        second=True,
        mx=lookup("a.example", "MX", (10, "mail.a.example")),
        roles=(Role(kind="MX", host="mail.a.example", priority=10),),
        asked_at=AT + 60,
    ),
    replace(hosts_item(host("www.a.example", ADDRESS)), second=True),
    replace(REVERSE, second=True),
    replace(PING, second=True),
    replace(TCP, second=True),
]


@pytest.mark.parametrize("item", SECONDS, ids=lambda item: type(item).__name__)
def test_a_second_answer_about_nothing_known_changes_nothing(store, item):
    """
    The second pass writes only where a first answer failed.
    """
    store.answer(item)

    assert [] == first_answers(store)
    assert {"addresses"} >= {table for table, rows in facts(store).items() if rows}


@pytest.mark.parametrize("item", SECONDS[1:4], ids=lambda item: type(item).__name__)
def test_a_first_answer_that_did_not_fail_stays(store, item):
    """
    What was answered the first time is not asked again, and would not be replaced.
    """
    for one in EVERYTHING:
        store.answer(one)
    before = facts(store)
    store.answer(item)

    assert before == facts(store)


@pytest.mark.parametrize("word", ["refused", "formerr", "notimp", "other_rcode", "cname_loop", "name_too_long"])
def test_a_failure_that_does_not_pass_stays(store, word):
    """
    A failure that is an answer in its way is not replaced.
    """
    store.answer(domain_item("a.example", mx=failed("a.example", "MX", Failure(word))))
    store.answer(SECONDS[0])

    assert [(word,)] == store.query("SELECT mx_status FROM domains")
    assert [] == first_answers(store)


def test_a_domain_s_second_answer_counts(store):
    """
    The lookup that failed gets status, TTL and roles of the second answer; the first one is kept, the others stay.
    """
    store.answer(DOMAIN)
    store.answer(SECONDS[0])

    assert [("ok", 60, "ok", 300, "ok", 70, int(AT))] == store.query(
        "SELECT ns_status, ns_ttl_s, mx_status, mx_ttl_s, soa_status, soa_ttl_s, asked_at FROM domains"
    )
    assert [("MX", "mail.a.example", 10)] == store.query(
        "SELECT kind, name, priority FROM roles JOIN hosts ON hosts.id = host_id WHERE kind = 'MX'"
    )
    assert [("a.example", "MX", "servfail", int(AT))] == store.query("SELECT * FROM first_answers")


def test_a_second_start_of_authority_is_kept(store):
    """
    The SOA record of the second answer is stored field by field.
    """
    store.answer(domain_item("a.example", soa=failed("a.example", "SOA")))
    store.answer(domain_item("a.example", second=True, soa=lookup("a.example", "SOA", SOA)))

    assert [("ns.a.example", 4294967295)] == store.query("SELECT mname, serial FROM soa_records")


def test_a_host_s_second_answer_counts(store):
    """
    The family that failed gets its addresses; what the other family has is left alone.
    """
    name = "www.a.example"
    first = Host(name=name, a=lookup(name, "A", ADDRESS), aaaa=failed(name, "AAAA"), chosen=(ADDRESS,))
    found = lookup(name, "AAAA", "2001:db8::2", "2001:db8::1", canonical_name="real")
    again = Host(name=name, aaaa=found, chosen=("2001:db8::1",), wildcard=True)
    store.answer(hosts_item(first))
    store.answer(replace(hosts_item(again), second=True))

    assert [("ok", "ok", 300, "real", 1)] == store.query(
        "SELECT a_status, aaaa_status, aaaa_ttl_s, canonical_name, wildcard FROM hosts"
    )
    assert [(4, 1, ADDRESS, 1), (6, 1, "2001:db8::2", None), (6, 2, "2001:db8::1", 1)] == store.query(
        "SELECT host_addresses.family, position, address, choice FROM host_addresses"
        " JOIN addresses ON addresses.id = address_id ORDER BY 1, 2"
    )
    assert [(name, "AAAA", "timeout")] == first_answers(store)


def test_a_second_failure_counts_as_well(store):
    """
    The later outcome counts whether it is better or not.
    """
    name = "www.a.example"
    store.answer(hosts_item(Host(name=name, a=failed(name, "A"), wildcard=True)))
    store.answer(replace(hosts_item(Host(name=name, a=failed(name, "A", Failure.SERVFAIL))), second=True))

    assert [("servfail", 1)] == store.query("SELECT a_status, wildcard FROM hosts")
    assert [(name, "A", "timeout")] == first_answers(store)


def test_a_second_reverse_name_counts(store):
    """
    The whole row is that of the second answer.
    """
    store.answer(replace(REVERSE, lookup=failed("1.2.0.192.in-addr.arpa", "PTR")))
    store.answer(replace(REVERSE, second=True))

    assert [("ok", "b.example", 2, 30)] == store.query("SELECT status, name, names, ttl_s FROM reverse_names")
    assert [(ADDRESS, "PTR", "timeout")] == first_answers(store)


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (ping_item(ADDRESS), "no_reply"),
        (ping_item(ADDRESS, sent=0, failure=Failure.NETWORK_UNREACHABLE), "network_unreachable"),
    ],
)
def test_a_second_ping_counts(store, first, outcome):
    """
    Silence and failure of the first series are kept as a word.
    """
    store.answer(first)
    store.answer(replace(PING, second=True))

    assert [(5, "[1.5,0.25]", None)] == store.query("SELECT sent, rtts_ms, failure FROM pings")
    assert [(ADDRESS, "ping", outcome)] == first_answers(store)


def test_a_second_handshake_counts(store):
    """
    Each port that did not answer is renewed, with the session that follows; one that did is not.
    """
    store.answer(silent_tcp(Failure.TIMEOUT, Failure.CONNECTION_REFUSED))
    store.answer(replace(TCP, second=True))

    assert [(25, 1, None), (80, 0, "connection_refused")] == store.query("SELECT port, open, failure FROM ports")
    assert [(220,)] == store.query("SELECT greeting_code FROM smtp_sessions")
    assert [(ADDRESS, "tcp 25", "timeout")] == first_answers(store)


def test_storing_a_second_answer_twice_changes_nothing(store):
    """
    Of a question there is one first and one later outcome, however often the answer comes.
    """
    name = "www.a.example"
    store.answer(DOMAIN)
    store.answer(hosts_item(Host(name=name, a=failed(name, "A"), aaaa=failed(name, "AAAA"))))
    store.answer(replace(REVERSE, lookup=failed("1.2.0.192.in-addr.arpa", "PTR")))
    store.answer(ping_item(ADDRESS))
    store.answer(silent_tcp(Failure.TIMEOUT, Failure.TIMEOUT))
    again = [*SECONDS[:3], replace(ping_item(ADDRESS), second=True)]
    again.append(silent_tcp(Failure.TIMEOUT, Failure.HOST_UNREACHABLE, second=True))
    for item in again:
        store.answer(item)
    before = facts(store)
    for item in again:
        store.answer(item)

    assert before == facts(store)
    assert 7 == len(first_answers(store))


def test_a_first_answer_goes_with_its_item(store):
    """
    An item that cannot be written leaves no first answer behind.
    """
    store.answer(DOMAIN)
    with pytest.raises(UnicodeError):
        store.answer(SECONDS[0], [("ping://\udc80", "ping")])

    assert [] == first_answers(store)
    assert [("servfail",)] == store.query("SELECT mx_status FROM domains")
