"""Import of a database of the 2022 crawler."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ipv6matrix.exporters.csv import export
from ipv6matrix.exporters.registry import Target
from ipv6matrix.importers import crawls
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Older
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.asked import asked
from ipv6matrix.targets.policy import AddressPolicy, networks
from simnet.internet import ALLOWED_NETWORKS
from tests import opened, rows
from tests.finished import Finished
from tests.importers import older

RUN = "2022-05-06__07-08-09"
ERA = Older(AddressPolicy(networks(ALLOWED_NETWORKS)))


def read(path: Path, target: Path) -> tuple[Store, Complaints]:
    complaints = Complaints()
    crawls.from_legacy(path, RUN, target, ERA, complaints)
    return opened.read(target), complaints


def lines(store: Store, folder: Path) -> dict[str, list[list[str]]]:
    """Export, and return the lines of each file, whatever its run."""
    export(store, Target(output_dir=folder, summary_url=""))
    contents = {}
    for path in folder.rglob("*.log"):
        with path.open(newline="") as stream:
            contents[path.name] = list(csv.reader(stream))
    return contents


@pytest.fixture(scope="module")
def imported(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A complete crawl, as the 2022 crawler would have stored it, imported."""
    place = tmp_path_factory.mktemp("legacy")
    _, complaints = read(older.write(finished.path, place / "old.db"), place / "ips.db")
    assert 0 == complaints.number
    with closing(Store.read(place / "ips.db")) as store:
        yield store


def test_files_match_those_of_the_crawl(finished, imported, tmp_path):
    """
    Every CSV file is the same, except for latitudes, places of hosts with only IPv6, and paths that did not arrive.
    """
    expected, actual = lines(finished.store, tmp_path / "ours"), lines(imported, tmp_path / "theirs")

    assert expected.keys() == actual.keys()
    for name, file_rows in expected.items():
        assert [_as_kept(row) for row in file_rows] == actual[name], name


def _as_kept(row: list[str]) -> list[str]:
    if row[0] == "geoip":
        return [*row[:10], "n/a"] if row[3] != "n/a" else [*row[:5], *["n/a"] * 6]
    if row[0] == "path":
        return [*row[:8], _kept_path(row[6], row[8]), *row[9:12], _kept_path(row[10], row[12])]
    return row


def _kept_path(hops: str, path: str) -> str:
    return "n/a" if hops == "n/a" else path


def test_the_database_is_consistent(imported, tmp_path):
    """No foreign key is dangling, the crawl row names 2022, and everything was requested."""
    copy = tmp_path / "copy.db"
    copy.write_bytes(imported.path.read_bytes())

    assert [] == rows.unsound(copy)
    assert ("2022", RUN) == (imported.crawl()["version"], imported.crawl()["run"])
    assert 4 + 10 == len(asked(imported).features | asked(imported).metrics)


def test_each_name_is_stored_once(finished, imported):
    """Spellings, null MX and placeholder leave no names of their own; roles match the truth."""
    assert set(finished.former.domains) == {name for (name,) in imported.query("SELECT name FROM domains")}
    assert {host for _, _, host, _ in finished.former.roles} == {
        name for (name,) in imported.query("SELECT name FROM hosts")
    }
    assert finished.former.roles == set(
        imported.query(
            "SELECT kind, domains.name, hosts.name, priority FROM roles JOIN domains ON domains.id = domain_id"
            " JOIN hosts ON hosts.id = host_id"
        )
    )


def test_routers_have_their_names(imported):
    """Addresses without a host have reverse names, and no found_at."""
    assert imported.query(
        "SELECT 1 FROM reverse_names JOIN addresses ON id = address_id"
        " WHERE found_at IS NULL AND reverse_names.name <> ''"
    )


def test_excluded_addresses_are_not_chosen(tmp_path, finished):
    """
    A mapped address does not count as IPv6; a private one that came first in one spelling does not hide a public one.
    """
    faults = (
        "INSERT INTO job VALUES ('WWW', 'new.test', 'www.new.test', '0', 'test')",
        "INSERT INTO ip4 VALUES ('www.new.test', '10.0.0.5', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a')",
        "INSERT INTO ip4 VALUES ('WWW.new.test', '1.1.1.1', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a', 'n/a')",
        "INSERT INTO ip6 (host, ip) VALUES ('www.new.test', '::ffff:a00:5')",
    )
    store, _ = read(older.write(finished.path, tmp_path / "old.db", faults=faults), tmp_path / "ips.db")

    assert [("10.0.0.5", None), ("1.1.1.1", 1), ("::ffff:a00:5", None)] == store.query(
        "SELECT address, choice FROM host_addresses JOIN hosts ON hosts.id = host_id"
        " JOIN addresses ON addresses.id = address_id WHERE name = 'www.new.test' ORDER BY addresses.family, position"
    )
    store.close()


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("INSERT INTO job VALUES ('TXT', 'a.test', 'b.test', 0, 'test')", "'TXT' is not one of NS, MX, WWW, NTP"),
        ("INSERT INTO job VALUES ('MX', 'a.test', 'b.test', 'x', 'test')", "'x' is not an integer"),
        ("INSERT INTO ping VALUES ('192.0.2.300', 5, 1, 1, 1, 1)", "'192.0.2.300' is not an address"),
        ("INSERT INTO tcp VALUES ('192.0.2.3', 'yes', 'True', 'True', 'True')", "'yes' is not True"),
        ("INSERT INTO soa VALUES ('a.test', 'n', 'n', 0, 0, 1, 'r,1,2,3', 'test')", "'r,1,2,3' is not a SOA record"),
    ],
)
def test_a_broken_row_loses_nothing_else(tmp_path, finished, caplog, statement, complaint):
    """It is reported with table and number, and left out."""
    path = older.write(finished.path, tmp_path / "old.db", faults=(statement,))
    with sqlite3.connect(path) as connection:
        (number,) = connection.execute(f"SELECT count(*) FROM {statement.split()[2]}").fetchone()
    connection.close()
    store, complaints = read(path, tmp_path / "ips.db")

    assert 1 == complaints.number
    (message,) = caplog.messages
    assert message.startswith(f"{path}, table {statement.split()[2]}: line {number} skipped: {complaint}")
    assert len(finished.former.domains) == store.query("SELECT count(*) FROM domains")[0][0]
    store.close()
