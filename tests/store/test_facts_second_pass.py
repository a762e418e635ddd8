"""Writing items of the retry pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipv6matrix.items import (
    Failure,
    Host,
    NtpStatus,
    PmtuStatus,
    PortObservation,
    Role,
    TcpItem,
    TcpObservation,
    TlsStatus,
)
from tests import urls
from tests.samples import (
    AT,
    domain_item,
    host,
    hosts_item,
    lookup,
    ntp_item,
    ping_item,
    pmtu_item,
    tls_item,
    web_item,
)
from tests.store.everything import (
    ADDRESS,
    DOMAIN,
    EVERYTHING,
    PING,
    REVERSE,
    SOA,
    TCP,
    facts,
)


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
        url=urls.tcp(ADDRESS, (25, 80), starttls=True),
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
def test_a_retry_of_an_unknown_subject_changes_nothing(store, item):
    """The retry pass writes only where a first answer failed."""
    store.complete(item)

    assert [] == first_answers(store)
    assert {"addresses"} >= {table for table, rows in facts(store).items() if rows}


@pytest.mark.parametrize("item", SECONDS[1:4], ids=lambda item: type(item).__name__)
def test_a_successful_first_answer_stays(store, item):
    """A successful first answer is not retried and would not be replaced."""
    for stored_item in EVERYTHING:
        store.complete(stored_item)
    before = facts(store)
    store.complete(item)

    assert before == facts(store)


@pytest.mark.parametrize("word", ["refused", "formerr", "notimp", "other_rcode", "cname_loop", "name_too_long"])
def test_a_permanent_failure_stays(store, word):
    """A failure that amounts to an answer is not replaced."""
    store.complete(domain_item("a.example", mx=failed("a.example", "MX", Failure(word))))
    store.complete(SECONDS[0])

    assert [(word,)] == store.query("SELECT mx_status FROM domain_figures")
    assert [] == first_answers(store)


def test_a_retried_domain_lookup_is_stored(store):
    """The failed lookup takes status, TTL and roles from the retry; its first status is stored, other lookups stay."""
    store.complete(DOMAIN)
    store.complete(SECONDS[0])

    assert [("MX", "ok", 300, 1), ("NS", "ok", 60, 1), ("SOA", "ok", 70, 1)] == store.query(
        "SELECT type, status, ttl_s, records FROM lookups WHERE owner = 'domain'"
    )
    assert [(int(AT),)] == store.query("SELECT asked_at FROM domains")
    assert [("MX", "mail.a.example", 10)] == store.query(
        "SELECT kind, name, priority FROM roles JOIN hosts ON hosts.id = host_id WHERE kind = 'MX'"
    )
    assert [("a.example", "MX", "servfail", int(AT))] == store.query("SELECT * FROM first_answers")


def test_a_retried_soa_lookup_is_stored(store):
    """The SOA record of the retry is stored field by field."""
    store.complete(domain_item("a.example", soa=failed("a.example", "SOA")))
    store.complete(domain_item("a.example", second=True, soa=lookup("a.example", "SOA", SOA)))

    assert [("ns.a.example", 4294967295)] == store.query("SELECT mname, serial FROM soa_records")


def test_a_retried_host_lookup_is_stored(store):
    """The family that failed takes its addresses from the retry; the other family stays unchanged."""
    name = "www.a.example"
    first = Host(name=name, a=lookup(name, "A", ADDRESS), aaaa=failed(name, "AAAA"), chosen=(ADDRESS,))
    answer = lookup(name, "AAAA", "2001:db8::2", "2001:db8::1", canonical_name="real")
    again = Host(name=name, aaaa=answer, chosen=("2001:db8::1",), wildcard=True)
    store.complete(hosts_item(first))
    store.complete(replace(hosts_item(again), second=True))

    assert [("A", "ok", 300, None), ("AAAA", "ok", 300, "real")] == store.query(
        "SELECT type, status, ttl_s, canonical_name FROM lookups"
    )
    assert [(1,)] == store.query("SELECT wildcard FROM hosts")
    assert [(4, 1, ADDRESS, 1), (6, 1, "2001:db8::2", None), (6, 2, "2001:db8::1", 1)] == store.query(
        "SELECT host_addresses.family, position, address, choice FROM host_addresses"
        " JOIN addresses ON addresses.id = address_id ORDER BY 1, 2"
    )
    assert [(name, "AAAA", "timeout")] == first_answers(store)


def test_a_second_failure_is_stored_too(store):
    """The later outcome is stored whether it is better or not."""
    name = "www.a.example"
    store.complete(hosts_item(Host(name=name, a=failed(name, "A"), wildcard=True)))
    store.complete(replace(hosts_item(Host(name=name, a=failed(name, "A", Failure.SERVFAIL))), second=True))

    assert [("servfail", 1)] == store.query("SELECT a_status, wildcard FROM host_figures")
    assert [(name, "A", "timeout")] == first_answers(store)


def test_a_retried_reverse_lookup_is_stored(store):
    """The whole row is replaced by the retry."""
    store.complete(replace(REVERSE, lookup=failed("1.2.0.192.in-addr.arpa", "PTR")))
    store.complete(replace(REVERSE, second=True))

    assert [("ok", "b.example", 2, 30)] == store.query(
        "SELECT status, name, records, ttl_s FROM lookups JOIN reverse_names ON address_id = owner_id"
    )
    assert [(ADDRESS, "PTR", "timeout")] == first_answers(store)


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (ping_item(ADDRESS), "no_reply"),
        (ping_item(ADDRESS, sent=0, failure=Failure.NETWORK_UNREACHABLE), "network_unreachable"),
    ],
)
def test_a_retried_ping_is_stored(store, first, outcome):
    """Silence or failure of the first series is stored as one word."""
    store.complete(first)
    store.complete(replace(PING, second=True))

    assert [(5, "[1.5,0.25]", None)] == store.query("SELECT sent, rtts_ms, failure FROM pings")
    assert [(ADDRESS, "ping", outcome)] == first_answers(store)


def test_a_retried_handshake_is_stored(store):
    """Each silent port takes its outcome and session from the retry; a port that answered stays unchanged."""
    store.complete(silent_tcp(Failure.TIMEOUT, Failure.CONNECTION_REFUSED))
    store.complete(replace(TCP, second=True))

    assert [(25, 1, None), (80, 0, "connection_refused")] == store.query("SELECT port, open, failure FROM ports")
    assert [(220,)] == store.query("SELECT greeting_code FROM smtp_sessions")
    assert [(ADDRESS, "tcp 25", "timeout")] == first_answers(store)


SITE = ("www.a.example", "2001:db8::1")


@pytest.mark.parametrize(
    ("first", "later", "table", "outcome", "expected"),
    [
        (
            ntp_item(ADDRESS, Failure.TIMEOUT),
            ntp_item(ADDRESS, NtpStatus.ANSWERS, second=True),
            "ntp_replies",
            "status",
            ("answers", ADDRESS, "ntp", "timeout"),
        ),
        (
            pmtu_item(SITE[1], PmtuStatus.UNTESTABLE),
            pmtu_item(SITE[1], PmtuStatus.MEASURED, second=True),
            "path_mtus",
            "status",
            ("measured", SITE[1], "pmtu", "untestable"),
        ),
        (
            tls_item(*SITE, Failure.HOST_UNREACHABLE),
            tls_item(*SITE, TlsStatus.OK, second=True),
            "tls_handshakes",
            "status",
            ("ok", " ".join(SITE), "tls", "host_unreachable"),
        ),
        *(
            (
                web_item(*SITE, Failure.TIMEOUT, scheme),
                web_item(*SITE, None, scheme, second=True),
                "web_pages",
                "status_code",
                (200, " ".join(SITE), f"web {scheme}", "timeout"),
            )
            for scheme in ("https", "http")
        ),
    ],
)
def test_a_retried_service_is_stored(store, first, later, table, outcome, expected):
    """The row of a service is replaced by the retry, once; an answer is not replaced."""
    for item in (first, later, replace(first, second=True)):
        store.complete(item)

    assert [expected] == store.query(f"SELECT {outcome}, subject, question, outcome FROM {table}, first_answers")


def test_storing_a_retry_twice_changes_nothing(store):
    """A request has one first and one later outcome, however often the answer is stored."""
    name = "www.a.example"
    store.complete(DOMAIN)
    store.complete(hosts_item(Host(name=name, a=failed(name, "A"), aaaa=failed(name, "AAAA"))))
    store.complete(replace(REVERSE, lookup=failed("1.2.0.192.in-addr.arpa", "PTR")))
    store.complete(ping_item(ADDRESS))
    store.complete(silent_tcp(Failure.TIMEOUT, Failure.TIMEOUT))
    again = [*SECONDS[:3], replace(ping_item(ADDRESS), second=True)]
    again.append(silent_tcp(Failure.TIMEOUT, Failure.HOST_UNREACHABLE, second=True))
    for item in again:
        store.complete(item)
    before = facts(store)
    for item in again:
        store.complete(item)

    assert before == facts(store)
    assert 7 == len(first_answers(store))


def test_a_failed_item_stores_no_first_answer(store):
    """An item that cannot be written leaves no first answer behind."""
    store.complete(DOMAIN)
    with pytest.raises(UnicodeError):
        store.complete(replace(SECONDS[0], follow_ups=("ping://\udc80",)))

    assert [] == first_answers(store)
    assert [("servfail",)] == store.query("SELECT mx_status FROM domain_figures")
