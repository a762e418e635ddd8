"""The views with the names, columns and texts of the tables of the 2022 crawler."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from ipv6matrix.items import (
    Certificate,
    Failure,
    Hop,
    PortObservation,
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
from ipv6matrix.store import figures, schema, views
from ipv6matrix.store.database import Store
from tests import urls
from tests.samples import AT, domain_item, host, hosts_item, lookup, ping_item

BERLIN = {
    "asn": 64498,
    "as_organisation": 'Spree "Online" GmbH',
    "city": "Berlin",
    "region": "State of Berlin",
    "country_code": "DE",
    "latitude": 52.5244,
    "longitude": 13.4105,
}


def role(kind, name, priority):
    return Role(kind=kind, host=name, priority=priority)


def soa(mname, rname, serial):
    return SoaRecord(
        mname=mname, rname=rname, serial=serial, refresh_s=7200, retry_s=3600, expire_s=1209600, minimum_s=300
    )


def answered(name, *roles, ns=Status.OK, mx=Status.OK, record=None):
    """Return the item of a domain with these lookup statuses."""
    return domain_item(
        name,
        ns=lookup(name, "NS", status=ns),
        mx=lookup(name, "MX", status=mx),
        soa=lookup(name, "SOA", record) if record else lookup(name, "SOA"),
        roles=roles,
    )


def reverse_item(address, *names, status=None):
    found = lookup(urls.reverse(address), "PTR", *names, status=status)
    return ReverseItem(url=urls.reverse(address), address=address, lookup=found)


def port(number, failure=None):
    return PortObservation(port=number, open=failure is None, failure=failure, asked_at=AT)


def tcp_item(address, *ports, smtp=None):
    url = urls.tcp(address, tuple(one.port for one in ports), starttls=True)
    return TcpItem(url=url, address=address, tcp=TcpObservation(ports=ports, smtp=smtp))


def smtp(code, starttls=None, **more):
    return SmtpObservation(greeting_code=code, starttls=starttls, asked_at=AT, **more)


def trace_item(address, *hops, reached=None, failure=None):
    trace = TraceObservation(
        hops=tuple(Hop(ttl=ttl, address=hop, rtt_ms=1.0 if hop else None) for ttl, hop in enumerate(hops, start=1)),
        stop=None if failure else (Stop.REACHED if reached else Stop.GAP_LIMIT),
        reached_ttl=reached,
        failure=failure,
        asked_at=AT,
    )
    return TraceItem(url=urls.trace(address), address=address, trace=trace)


DOMAINS = [
    # Has every kind of fact. Its web host is the mail host of another domain.
    answered(
        "a.example",
        role("NS", "ns1.a.example", 1),
        role("NS", "ns.b.example", 2),
        role("MX", "mail.a.example", 10),
        role("MX", "mx.b.example", 20),
        role("WWW", "www.a.example", 0),
        role("NTP", "ntp.a.example", 0),
        record=soa("ns1.a.example", "hostmaster.a.example", 2024010101),
    ),
    # Its only mail host is the web host of the other domain; it has no name servers.
    answered("shop.test", role("MX", "www.a.example", 5), ns=Status.NODATA, record=soa("x.test", "y.test", 7)),
    # Accepts no mail (null MX), and its name server merely shares its suffix.
    answered("null.test", role("NS", "ns.notnull.test", 1), record=soa("ns.notnull.test", "admin.null.test", 1)),
    # Does not exist.
    answered("gone.co.uk", ns=Status.NXDOMAIN, mx=Status.NXDOMAIN),
    # Lookups failed.
    answered("failed.test", ns=Failure.SERVFAIL, mx=Failure.TIMEOUT),
    # Opted out: nothing was requested.
    domain_item("out.test", refusal="opted_out"),
]

HOSTS = [
    hosts_item(
        host("ns1.a.example", "198.51.100.1", "2001:db8::1"),
        places={"198.51.100.1": BERLIN, "2001:db8::1": BERLIN},
    ),
    # Its answer has only a private address, in first place.
    hosts_item(
        host("mail.a.example", "10.0.0.5", "198.51.100.2", chosen=("198.51.100.2",)),
        places={"198.51.100.2": {"asn": 64503, "country_code": "NL"}},
    ),
    hosts_item(host("ns.b.example", "198.51.100.3")),
    hosts_item(
        host("www.a.example", "198.51.100.4", "2002:c633:6404::1"),
        places={
            "198.51.100.4": {"latitude": -23.5, "longitude": -46.25},
            "2002:c633:6404::1": {"tunnel_id": "U0001"},
        },
    ),
    hosts_item(host("ntp.a.example")),
    # mx.b.example and ns.notnull.test have not been looked up yet.
]

PROBES: list[Any] = [
    ping_item("198.51.100.1", 10.0, 20.0, 30.0, sent=3),
    ping_item("2001:db8::1", 1.23456, sent=5),
    ping_item("198.51.100.2", sent=5),
    ping_item("198.51.100.3", sent=0, failure=Failure.PERMISSION_DENIED),
    reverse_item("198.51.100.1", "ns1.a.example"),
    reverse_item("198.51.100.2", status=Status.NXDOMAIN),
    reverse_item("198.51.100.3", "z.b.example", "ns.b.example"),
    reverse_item("198.51.100.4", status=Failure.TIMEOUT),
    reverse_item("198.18.0.1", "r1.test"),
    reverse_item("198.18.0.2", status=Status.NXDOMAIN),
    # Greets, and STARTTLS works whatever the certificate; 443 is closed.
    tcp_item(
        "198.51.100.1",
        port(25),
        port(80),
        port(443, Failure.CONNECTION_REFUSED),
        smtp=smtp(220, Starttls.ACCEPTED, tls_version="TLSv1.3"),
    ),
    # Open, but not a mail server.
    tcp_item("198.51.100.2", port(25), port(80, Failure.TIMEOUT), port(443), smtp=smtp(554)),
    # Only port 80 was probed.
    tcp_item("198.51.100.3", port(80)),
    # Greets, without STARTTLS; probing 80 was not permitted on this machine, and probing 443 failed locally.
    tcp_item(
        "198.51.100.4",
        port(25),
        port(80, Failure.PERMISSION_DENIED),
        port(443, Failure.PROBE_FAILED),
        smtp=smtp(220, Starttls.NOT_OFFERED),
    ),
    # Filtered on port 25.
    tcp_item("2001:db8::1", port(25, Failure.TIMEOUT), port(80), port(443)),
    # Sends nothing on port 25.
    tcp_item("2002:c633:6404::1", port(25), smtp=smtp(None, failure=Failure.TIMEOUT)),
    trace_item("198.51.100.1", "198.18.0.1", None, "198.18.0.2", "198.51.100.1", reached=4),
    trace_item("198.51.100.2", "198.18.0.1", None, None),
    trace_item("2001:db8::1", "2001:db8::1", reached=1),
    trace_item("198.51.100.3", failure=Failure.PROBE_FAILED),
]

# Columns and rows, derived by hand from the description of the old tables.
EXPECTED: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "job": (
        "type domain host priority tld",
        [
            ("NS", "a.example", "ns1.a.example.", 1, "example"),
            ("NS", "a.example", "ns.b.example.", 2, "example"),
            ("MX", "a.example", "mail.a.example.", 10, "example"),
            ("MX", "a.example", "mx.b.example.", 20, "example"),
            ("WWW", "a.example", "www.a.example", 0, "example"),
            ("NTP", "a.example", "ntp.a.example", 0, "example"),
            ("NS", "shop.test", "n/a", 1, "test"),
            ("MX", "shop.test", "www.a.example.", 5, "test"),
            ("NS", "null.test", "ns.notnull.test.", 1, "test"),
            ("MX", "null.test", "n/a", 10, "test"),
            ("NS", "gone.co.uk", "n/a", 1, "uk"),
            ("MX", "gone.co.uk", "n/a", 10, "uk"),
            ("NS", "failed.test", "n/a", 1, "test"),
            ("MX", "failed.test", "n/a", 10, "test"),
        ],
    ),
    "soa": (
        "host primaryBySOA primaryByRank primaryInHouse secondary total soa tld",
        [
            (
                "a.example",
                "ns1.a.example",
                "ns1.a.example",
                1,
                1,
                2,
                "hostmaster.a.example,2024010101,7200,3600,1209600,300",
                "example",
            ),
            ("shop.test", "x.test", "n/a", 0, 0, 0, "y.test,7,7200,3600,1209600,300", "test"),
            (
                "null.test",
                "ns.notnull.test",
                "ns.notnull.test",
                0,
                0,
                1,
                "admin.null.test,1,7200,3600,1209600,300",
                "test",
            ),
        ],
    ),
    "ip4": (
        "host ip asn city region_name country_code longitude latitude",
        [
            (
                "ns1.a.example.",
                "198.51.100.1",
                "AS64498 Spree Online GmbH",
                "Berlin",
                "State of Berlin",
                "DE",
                13.4105,
                52.5244,
            ),
            ("ns.b.example.", "198.51.100.3", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
            ("mail.a.example.", "198.51.100.2", "AS64503", "n/a", "n/a", "NL", "n/a", "n/a"),
            ("mx.b.example.", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
            ("www.a.example", "198.51.100.4", "n/a", "n/a", "n/a", "n/a", -46.25, -23.5),
            ("www.a.example.", "198.51.100.4", "n/a", "n/a", "n/a", "n/a", -46.25, -23.5),
            ("ntp.a.example", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
            ("ns.notnull.test.", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "ip6": (
        "host ip valid id type",
        [
            ("ns1.a.example.", "2001:db8::1", "True", "n/a", "undefined"),
            ("ns.b.example.", "n/a", "n/a", "n/a", "n/a"),
            ("mail.a.example.", "n/a", "n/a", "n/a", "n/a"),
            ("mx.b.example.", "n/a", "n/a", "n/a", "n/a"),
            ("www.a.example", "2002:c633:6404::1", "True", "U0001", "undefined"),
            ("www.a.example.", "2002:c633:6404::1", "True", "U0001", "undefined"),
            ("ntp.a.example", "n/a", "n/a", "n/a", "n/a"),
            ("ns.notnull.test.", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "ping": (
        "ip count min avg max mdev",
        [
            # The standard deviation of 10, 20 and 30 is the root of 200/3; their jitter would be 10.
            ("198.51.100.1", 3, 10.0, 20.0, 30.0, 8.165),
            ("2001:db8::1", 5, 1.235, 1.235, 1.235, 0.0),
            ("198.51.100.2", 5, "n/a", "n/a", "n/a", "n/a"),
            ("n/a", "n/a", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "rdns": (
        "ip reverse",
        [
            ("198.51.100.1", "ns1.a.example"),
            ("198.51.100.2", "n/a"),
            ("198.51.100.3", "ns.b.example"),
            ("198.51.100.4", "n/a"),
            ("198.18.0.1", "r1.test"),
            ("198.18.0.2", "198.18.0.2"),
            ("n/a", "n/a"),
        ],
    ),
    "tcp": (
        "ip port25 port80 port443 starttls",
        [
            ("198.51.100.1", "True", "True", "False", "True"),
            ("198.51.100.2", "False", "False", "True", "False"),
            ("198.51.100.3", "n/a", "True", "n/a", "n/a"),
            ("198.51.100.4", "True", "n/a", "n/a", "False"),
            ("2001:db8::1", "False", "True", "True", "False"),
            ("2002:c633:6404::1", "False", "n/a", "n/a", "n/a"),
            ("n/a", "n/a", "n/a", "n/a", "n/a"),
        ],
    ),
    "tracert": (
        "ip mtu hops path",
        [
            ("198.51.100.1", "n/a", 4, "r1.test --> no --> 198.18.0.2 --> ns1.a.example"),
            ("198.51.100.2", "n/a", "n/a", "r1.test --> no --> no"),
            ("2001:db8::1", "n/a", 1, "2001:db8::1"),
            ("n/a", "n/a", "n/a", "n/a"),
        ],
    ),
}


def opened(folder, *items):
    store = Store(folder / "ips.db")
    for item in items:
        store.complete(item)
    store.close()
    return sqlite3.connect(folder / "ips.db")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A small database of handmade items."""
    connection = opened(tmp_path_factory.mktemp("views"), *DOMAINS, *HOSTS, *PROBES)
    yield connection
    connection.close()


def test_imported_summaries_are_combined_with_measurements(tmp_path):
    """For an imported crawl the old tables hold what was imported: ping figures, and paths as texts."""
    connection = opened(tmp_path, hosts_item(host("www.a.example", "198.51.100.1", "198.51.100.2")))
    connection.executescript("""
        INSERT INTO ping_summaries SELECT id, 5, 1.5, 2.0, NULL, 0.25, 1 FROM addresses WHERE address LIKE '%.1';
        INSERT INTO ping_summaries SELECT id, 5, NULL, NULL, NULL, NULL, 1 FROM addresses WHERE address LIKE '%.2';
        INSERT INTO trace_summaries SELECT id, 1500, 2, 'a --> b', 1 FROM addresses WHERE address LIKE '%.1';
        INSERT INTO trace_summaries SELECT id, NULL, NULL, NULL, 1 FROM addresses WHERE address LIKE '%.2';
    """)

    assert [
        ("198.51.100.1", 5, 1.5, 2.0, "n/a", 0.25),
        ("198.51.100.2", 5, "n/a", "n/a", "n/a", "n/a"),
    ] == connection.execute("SELECT * FROM ping WHERE ip <> 'n/a'").fetchall()
    assert [
        ("198.51.100.1", 1500, 2, "a --> b"),
        ("198.51.100.2", "n/a", "n/a", "n/a"),
    ] == connection.execute("SELECT * FROM tracert WHERE ip <> 'n/a'").fetchall()
    connection.close()


def test_all_eight_tables_exist():
    """The names are those of the old tables."""
    assert ["ip4", "ip6", "job", "ping", "rdns", "soa", "tcp", "tracert"] == sorted(views.VIEWS) == sorted(EXPECTED)


@pytest.mark.parametrize("view", EXPECTED)
def test_columns_have_their_old_order(database, view):
    """Readers that access columns by position get the right column."""
    cursor = database.execute(f"SELECT * FROM {view}")

    assert EXPECTED[view][0].split() == [column[0] for column in cursor.description]


@pytest.mark.parametrize("view", EXPECTED)
def test_rows_match_the_old_tables(database, view):
    """Each row, text and type matches the description of the old tables."""
    rows = database.execute(f"SELECT * FROM {view}").fetchall()

    assert sorted(EXPECTED[view][1], key=repr) == sorted(rows, key=repr)


@pytest.mark.parametrize("view", ["ping", "rdns", "tcp", "tracert"])
def test_an_empty_database_has_the_row_for_the_unknown(tmp_path, view):
    """Joins by address find a row for n/a, even if nothing was measured."""
    connection = opened(tmp_path)

    assert [("n/a",) * len(EXPECTED[view][0].split())] == connection.execute(f"SELECT * FROM {view}").fetchall()
    connection.close()


@pytest.mark.parametrize("view", ["job", "soa", "ip4", "ip6"])
def test_an_empty_database_has_no_other_rows(tmp_path, view):
    """Domains and hosts that were not found have no row."""
    connection = opened(tmp_path)

    assert [] == connection.execute(f"SELECT * FROM {view}").fetchall()
    connection.close()


@pytest.mark.parametrize(
    ("domain", "server", "answer"),
    [
        ("a.example", "a.example", 1),
        ("a.example", "ns.a.example", 1),
        ("a.example", "x.ns.a.example", 1),
        ("a.example", "ba.example", 0),
        ("a.example", "a.example.com", 0),
        ("a_b.example", "ns.a_b.example", 1),
        ("a_b.example", "ns.axb.example", 0),
    ],
)
def test_in_house_compares_whole_labels(tmp_path, domain, server, answer):
    """A primary is in house if it equals the domain or is a subdomain of it; a shared text suffix is not enough."""
    connection = opened(tmp_path, answered(domain, role("NS", server, 1), record=soa(server, "admin", 1)))

    assert [(answer,)] == connection.execute("SELECT primaryInHouse FROM soa").fetchall()
    connection.close()


def test_the_primary_by_rank_is_the_first_in_the_answer(tmp_path):
    """Rank decides, not the order of storing or of the alphabet."""
    roles = (role("NS", "b.test", 2), role("NS", "a.test", 3), role("NS", "c.test", 1))
    connection = opened(tmp_path, answered("x.test", *roles, record=soa("a.test", "admin.x.test", 1)))

    assert [("a.test", "c.test", 2, 3)] == connection.execute(
        "SELECT primaryBySOA, primaryByRank, secondary, total FROM soa"
    ).fetchall()
    connection.close()


def test_a_feature_that_was_not_requested_has_no_row(tmp_path):
    """Only a domain whose MX was looked up has the row for none."""
    connection = opened(tmp_path, domain_item("a.example", ns=lookup("a.example", "NS")))

    assert [("NS", "a.example", "n/a", 1, "example")] == connection.execute("SELECT * FROM job").fetchall()
    connection.close()


def test_a_host_has_its_first_choice_only(tmp_path):
    """If several addresses were probed, the old tables hold the first of each family."""
    connection = opened(
        tmp_path,
        answered("a.example", role("WWW", "www.a.example", 0)),
        hosts_item(host("www.a.example", "198.51.100.9", "198.51.100.7", chosen=("198.51.100.7", "198.51.100.9"))),
    )

    assert [("www.a.example", "198.51.100.7")] == connection.execute("SELECT host, ip FROM ip4").fetchall()
    connection.close()


def test_certificate_facts_do_not_change_the_old_table(tmp_path):
    """STARTTLS that was answered with 220 is True even if the handshake after it failed."""
    certificate = Certificate(sha256="00", subject="s", issuer="i", not_before=0, not_after=1, names=("a",))
    session = smtp(220, Starttls.ACCEPTED, failure=Failure.TLS_FAILED, certificate=certificate)
    connection = opened(tmp_path, tcp_item("198.51.100.1", port(25), smtp=session))

    assert ("198.51.100.1", "True", "n/a", "n/a", "True") in connection.execute("SELECT * FROM tcp").fetchall()
    connection.close()


@pytest.mark.parametrize(
    ("session", "shown"),
    [
        (smtp(220, Starttls.ACCEPTED), "True"),
        (smtp(220, Starttls.REFUSED), "False"),
        (smtp(220, Starttls.REFUSED, failure=Failure.SERVICE_UNAVAILABLE), "False"),
        (smtp(220, Starttls.NOT_OFFERED), "False"),
        (smtp(421), "False"),
        (smtp(554), "False"),
        (smtp(None, failure=Failure.NOT_SMTP), "False"),
        (smtp(None, failure=Failure.TIMEOUT), "n/a"),
        (smtp(None, failure=Failure.CONNECTION_RESET), "n/a"),
        (smtp(220, failure=Failure.CONNECTION_CLOSED), "n/a"),
        (smtp(220, failure=Failure.BAD_REPLY), "n/a"),
        (smtp(220, failure=Failure.SERVICE_UNAVAILABLE), "n/a"),
        (smtp(220, failure=Failure.HELLO_REFUSED), "n/a"),
        (smtp(220), "n/a"),
    ],
)
def test_starttls_is_false_where_a_server_lacks_it(tmp_path, session, shown):
    """If STARTTLS was not requested, or the session ended before it was known, the value is `n/a`."""
    connection = opened(tmp_path, tcp_item("198.51.100.1", port(25), smtp=session))

    assert [(shown,)] == connection.execute("SELECT starttls FROM tcp WHERE ip <> 'n/a'").fetchall()
    connection.close()


def test_paths_are_in_hop_order(tmp_path):
    """Paths of ten or more hops are sorted by number."""
    routers = [f"198.18.0.{ttl}" for ttl in range(30, 0, -1)]
    connection = opened(tmp_path, trace_item("198.51.100.1", *routers, reached=30))

    assert (" --> ".join(routers),) in connection.execute("SELECT path FROM tracert").fetchall()
    connection.close()


def test_views_are_recreated_at_every_opening(tmp_path):
    """A view of an older version is replaced: views hold no data."""
    connection = opened(tmp_path)
    connection.execute("DROP VIEW ping")
    connection.execute("CREATE VIEW ping AS SELECT 1 AS old")
    connection.close()
    connection = opened(tmp_path)

    assert [("n/a",) * 6] == connection.execute("SELECT * FROM ping").fetchall()
    connection.close()


def test_views_are_created_atomically(monkeypatch):
    """A view that cannot be created leaves the others unchanged."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    views.draw(connection)
    monkeypatch.setitem(views.VIEWS, "zzz", "SELECT nonsense from")
    with pytest.raises(sqlite3.OperationalError):
        views.draw(connection)
    connection.execute("ROLLBACK")

    assert (
        len(figures.VIEWS) + len(views.VIEWS) - 1
        == connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'view'").fetchone()[0]
    )
    connection.close()
