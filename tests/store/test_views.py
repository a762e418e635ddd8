"""The views with the names, columns and texts of the tables of the 2022 crawler."""

from __future__ import annotations

import sqlite3

import pytest

from ipv6matrix.items import (
    Certificate,
    Failure,
    Starttls,
)
from ipv6matrix.store import figures, schema, views
from ipv6matrix.store.database import Store
from tests.samples import domain_item, host, hosts_item, lookup
from tests.store.old_tables import (
    DOMAINS,
    EXPECTED,
    HOSTS,
    PROBES,
    answered,
    port,
    role,
    smtp,
    soa,
    tcp_item,
    trace_item,
)


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
