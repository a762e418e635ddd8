"""Import of CSV files."""

from __future__ import annotations

import csv as standard_csv
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ipv6matrix.exceptions import ImportRefusedError
from ipv6matrix.exporters.csv import export
from ipv6matrix.exporters.registry import Target
from ipv6matrix.importers import crawls
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Older, Ours
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.asked import asked
from ipv6matrix.targets.policy import AddressPolicy
from tests import opened, rows
from tests.finished import Finished
from tests.samples import AT, domain_item, host, hosts_item, lookup
from tests.store.old_tables import reverse_item, role, soa

# Metrics without a file in the format of 2022.
NOT_IN_CSV = frozenset(("apex", "httpsrr", "dnssec", "nameservers", "ntp"))

RUN = "2023-11-14__22-13-20"
Query = Callable[[str], list[tuple[object, ...]]]


def written(store: Store, folder: Path) -> Path:
    export(store, Target(output_dir=folder, summary_url=""))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def read_back(folder: Path, target: Path, era: Ours | None = None, run: str = RUN) -> tuple[Store, Complaints]:
    complaints = Complaints()
    crawls.from_csv(folder, run, target, era or Ours(), complaints)
    return opened.read(target), complaints


def put(folder: Path, name: str, *lines: str) -> None:
    """Write a handmade file of the TLD test."""
    place = folder / "test" / RUN
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}_test.log").write_bytes("".join(f"{line}\r\n" for line in lines).encode())


@pytest.fixture(scope="module")
def folder(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a complete crawl."""
    return written(finished.store, tmp_path_factory.mktemp("csv"))


@pytest.fixture(scope="module")
def imported(finished: Finished, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The database imported from these files."""
    crawl = finished.store.crawl()
    assert crawl is not None
    path = tmp_path_factory.mktemp("back") / "ips.db"
    _, complaints = read_back(folder, path, run=crawl["run"])
    assert 0 == complaints.number
    with closing(Store.read(path)) as store:
        yield store


def test_a_round_trip_changes_no_octet(folder, imported, tmp_path):
    """After crawl, CSV, import, CSV every file of every TLD is the same."""
    before, after = files(folder), files(written(imported, tmp_path))

    assert before.keys() == after.keys()
    assert [] == [name for name in before if before[name] != after[name]]
    assert sum(map(len, before.values())) > 100_000


def test_the_database_is_consistent(imported, tmp_path):
    """No foreign key is dangling, and the words are those of a closed list."""
    copy = tmp_path / "copy.db"
    copy.write_bytes(imported.path.read_bytes())

    assert [] == rows.unsound(copy)
    assert {("ok",), ("unrecorded",)} == set(imported.query("SELECT status FROM lookups"))


def test_the_crawl_row_describes_the_source(finished, folder, imported):
    """Run, features and metrics are those of the crawl; times are its start."""
    before, after = finished.store.crawl(), imported.crawl()

    choices = asked(finished.store)

    assert replace(choices, metrics=choices.metrics - NOT_IN_CSV) == asked(imported)
    assert (before["run"], before["started_at"]) == (after["run"], after["started_at"])
    assert ("imported", str(folder), "finished", None) == (
        after["version"], after["list"], after["end_reason"], after["ended_at"]
    )  # fmt: skip
    assert [(before["started_at"],)] * 2 == imported.query(
        "SELECT DISTINCT asked_at FROM domains UNION ALL SELECT DISTINCT found_at FROM addresses"
    )


def test_roles_and_chosen_addresses_match_the_truth(finished, imported):
    """The roles of hosts with their priorities, and the chosen address of each host, follow from the truth."""
    choices = {(name, number, address) for name, number, address, choice in finished.former.host_addresses if choice}

    assert finished.former.roles == set(
        imported.query(
            "SELECT kind, domains.name, hosts.name, priority FROM roles JOIN domains ON domains.id = domain_id"
            " JOIN hosts ON hosts.id = host_id"
        )
    )
    assert choices == set(
        imported.query(
            "SELECT name, host_addresses.family, address FROM host_addresses JOIN hosts ON hosts.id = host_id"
            " JOIN addresses ON addresses.id = address_id WHERE choice = 1"
        )
    )


# Possible texts from GeoIP files and name servers; SQLite's own functions end a text at NUL.
HOSTILE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from('",\r\n '), max_size=12
)


def presented(text: str) -> str:
    """Return a text as a DNS name is stored: some octets are always behind a backslash (RFC 1035 section 5.1)."""
    return re.sub(r'[\\"().;@$]', r"\\\g<0>", text)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HOSTILE, HOSTILE, HOSTILE.map(presented))
@example("", "", presented("@"))
def test_hostile_texts_survive_the_round_trip(tmp_path_factory, organisation, city, name):
    """Quotes, commas and line ends in an organisation, a city or a reverse name change nothing."""
    place = tmp_path_factory.mktemp("hostile")
    store = Store(place / "ips.db")
    store.record_crawl(
        run=RUN, version="", settings='{"FEATURES": "MX", "METRICS": "geoip,reverse"}', list="", list_sha256="",
        started_at=int(AT), starts=1, resolver="", skipped="{}",
    )  # fmt: skip
    store.complete(domain_item("a.test", mx=lookup("a.test", "MX", (5, "mx.test")), roles=(role("MX", "mx.test", 5),)))
    where = {"asn": 1, "as_organisation": organisation, "city": city}
    store.complete(hosts_item(host("mx.test", "1.1.1.1"), places={"1.1.1.1": where}))
    store.complete(reverse_item("1.1.1.1", name))
    store.commit()

    before = files(written(store, place / "one"))
    back, complaints = read_back(place / "one", place / "back.db")

    assert 0 == complaints.number
    assert before == files(written(back, place / "two"))
    store.close()
    back.close()


def test_a_broken_line_loses_nothing_else(tmp_path, caplog):
    """It is reported with file and line; the facts of other files about the same host are stored."""
    put(tmp_path, "MX", "MX,a.test,mx1.test.,1.1.1.1,n/a,10", "MX,a.test,mx2.test.,1.1.1.2,n/a", "MX,b.test,mx1.test.")
    put(tmp_path, "geoip_MX", "geoip,a.test,mx1.test.,1.1.1.1,n/a,AS1 One,n/a,n/a,DE,13.4,far",
        "geoip,a.test,mx2.test.,1.1.1.2,n/a,AS2 Two,n/a,n/a,DE,13.4,52.5")  # fmt: skip
    put(tmp_path, "tcp25_MX", "tcp25,a.test,mx3.test.,25,1.1.1.999,n/a,True,n/a")
    store, complaints = read_back(tmp_path, tmp_path / "ips.db")

    assert 4 == complaints.number
    assert f"{tmp_path}/test/{RUN}/geoip_MX_test.log line 1 " in caplog.text
    assert "IMPORT_LINE_INVALID" in caplog.text
    assert [("mx1.test", 10), ("mx2.test", 65535)] == store.query(
        "SELECT name, priority FROM roles JOIN hosts ON hosts.id = host_id ORDER BY 1"
    )
    assert [("1.1.1.1", None), ("1.1.1.2", 2)] == store.query("SELECT address, asn FROM addresses ORDER BY 1")
    store.close()


@pytest.mark.parametrize("line", ["NS,a.test,mx.test.,1.1.1.1,n/a,10", "MX,a.test,mx.test.,2001:db8::1,n/a,10"])
def test_a_line_of_another_file_is_broken(tmp_path, line):
    """The first word and the families of the columns must be those of the file."""
    put(tmp_path, "MX", line)
    store, complaints = read_back(tmp_path, tmp_path / "ips.db")

    assert 1 == complaints.number
    assert [] == store.query("SELECT name FROM domains UNION SELECT name FROM hosts")
    store.close()


def test_names_are_merged(tmp_path):
    """
    A domain or host in two cases, with and without a final dot, is stored once; a null MX and a placeholder are not
    hosts.
    """
    put(
        tmp_path,
        "MX",
        "MX,A.test,MX.test.,1.1.1.1,n/a,20",
        "MX,a.test.,mx.test.,1.1.1.1,n/a,10",
        "MX,b.test,.,n/a,n/a,0",
    )
    put(tmp_path, "WWW", "WWW,a.test,mx.test,1.1.1.1,n/a")
    put(tmp_path, "reverse_MX", "reverse,c.test,n/a,n/a,n/a,n/a,n/a")
    store, _ = read_back(tmp_path, tmp_path / "ips.db")

    assert [("a.test", "ok"), ("b.test", "unrecorded"), ("c.test", "unrecorded")] == store.query(
        "SELECT name, mx_status FROM domain_figures ORDER BY 1"
    )
    assert [("mx.test",)] == store.query("SELECT name FROM hosts")
    assert [("MX", 10), ("WWW", 0)] == store.query("SELECT kind, priority FROM roles ORDER BY 1")
    store.close()


PING = "ping,a.test,www.a.test,1.1.1.1,2400::1,{}"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("5,1.0,2.0,3.0,0.5,n/a,n/a,n/a,n/a", [("1.1.1.1", 5, 2.0), ("2400::1", 5, None)]),
        ("5,n/a,n/a,n/a,n/a,1.0,2.0,3.0,0.5", [("1.1.1.1", 5, None), ("2400::1", 5, 2.0)]),
        ("n/a,n/a,n/a,n/a,n/a,n/a,n/a,n/a,n/a", []),
    ],
)
def test_a_count_without_times_is_silence(tmp_path, texts, expected):
    """If requests were sent, an address without times did not reply; without a count nothing was requested."""
    put(tmp_path, "ping_WWW", PING.format(texts))
    store, _ = read_back(tmp_path, tmp_path / "ips.db")

    assert expected == store.query(
        "SELECT address, sent, avg_ms FROM ping_summaries JOIN addresses ON id = address_id ORDER BY 1"
    )
    store.close()


def test_a_line_of_one_address_takes_precedence(tmp_path):
    """Only a line of a single address shows that it was not probed."""
    put(tmp_path, "ping_WWW", PING.format("5,n/a,n/a,n/a,n/a,1.0,2.0,3.0,0.5"),
        "ping,b.test,www.b.test,1.1.1.1,n/a,n/a,n/a,n/a,n/a,n/a,n/a,n/a,n/a,n/a")  # fmt: skip
    before = files(tmp_path)
    store, _ = read_back(tmp_path, tmp_path / "ips.db")

    assert [("2400::1",)] == store.query("SELECT address FROM ping_summaries JOIN addresses ON id = address_id")
    name = f"test/{RUN}/ping_WWW_test.log"
    assert before[name] == files(written(store, tmp_path / "again"))[name]
    store.close()


def test_original_files_are_read_without_their_faults(tmp_path):
    """
    Latitude and largest IPv6 time are left out, private and mapped addresses are not chosen, tunnels are recognised.
    """
    put(tmp_path, "WWW", "WWW,a.test,www.a.test,10.0.0.5,::ffff:a00:5", "WWW,b.test,www.b.test,1.1.1.1,2002:101:101::1")
    put(tmp_path, "geoip_WWW", "geoip,b.test,www.b.test,1.1.1.1,2002:101:101::1,AS1 One,Berlin,n/a,DE,13.4,13.4")
    put(tmp_path, "ip6Type_WWW", "ip6Type,b.test,www.b.test,2002:101:101::1,False,n/a,undefined")
    put(tmp_path, "ping_WWW", "ping,b.test,www.b.test,1.1.1.1,2002:101:101::1,5,1.0,2.0,3.0,0.5,1.0,2.0,2.0,0.5")
    store, complaints = read_back(tmp_path, tmp_path / "ips.db", Older(AddressPolicy()))

    assert 0 == complaints.number
    assert {"1.1.1.1", "2002:101:101::1"} == {
        address for (address,) in store.query(
            "SELECT address FROM host_addresses JOIN addresses ON id = address_id WHERE choice = 1")
    }  # fmt: skip
    assert [("10.0.0.5", "private"), ("::ffff:a00:5", "mapped")] == store.query(
        "SELECT address, refusal FROM addresses WHERE refusal IS NOT NULL ORDER BY 1"
    )
    assert [(13.4, None)] == store.query("SELECT longitude, latitude FROM addresses WHERE city = 'Berlin'")
    assert [(3.0,), (None,)] == store.query("SELECT max_ms FROM ping_summaries JOIN addresses ON id = address_id"
                                            " ORDER BY address")  # fmt: skip
    assert [(True,)] == store.query("SELECT tunnel_id IS NOT NULL FROM addresses WHERE address LIKE '2002:%'")
    assert "2022" == store.crawl()["version"]
    store.close()


def test_the_files_determine_what_was_requested(tmp_path):
    """Features and metrics are those with a file, and exports write the same files again."""
    put(tmp_path, "MX", "MX,a.test,mx.test.,1.1.1.1,n/a,10")
    put(tmp_path, "tls_MX", "tls,a.test,mx.test.,1.1.1.1,True,False")
    before = files(tmp_path)
    store, _ = read_back(tmp_path, tmp_path / "ips.db")

    assert ({"MX"}, {"tls"}) == (asked(store).features, asked(store).metrics)
    assert before == files(written(store, tmp_path / "again"))
    store.close()


def test_an_unreadable_file_is_reported(tmp_path):
    """If a file cannot be read, no database is created without it."""
    put(tmp_path, "WWW", "WWW,a.test,www.a.test,1.1.1.1,n/a")
    (tmp_path / "test" / RUN / "NTP_test.log").symlink_to("/proc/self/mem")

    with pytest.raises(ImportRefusedError, match=r"NTP_test\.log.*IMPORT_NOT_READABLE"):
        read_back(tmp_path, tmp_path / "ips.db")
    assert not list(tmp_path.glob("ips.db*"))


def test_files_of_other_programs_are_read(tmp_path):
    """Plain line feeds, and quotes around every field, are valid CSV, too."""
    place = tmp_path / "test" / RUN
    place.mkdir(parents=True)
    with (place / "WWW_test.log").open("w", newline="") as stream:
        writer = standard_csv.writer(stream, quoting=standard_csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["WWW", "a.test", "www.a.test", "1.1.1.1", "n/a"])
    store, complaints = read_back(tmp_path, tmp_path / "ips.db")

    assert ([("www.a.test",)], 0) == (store.query("SELECT name FROM hosts"), complaints.number)
    store.close()


def test_names_like_formulas_survive_the_round_trip(tmp_path):
    """No cell begins like a formula or breaks a row; the import has the same names, places and paths."""
    evil, mname, rname = r"=cmd|'\032/c\032calc'!a0.test", "-ns,1.d.test", r"+root\@,x.d.test"
    soa_lookup = lookup("d.test", "SOA", soa(mname, rname, 7))
    roles = (role("MX", evil, 10), role("NS", mname, 1))
    store = Store(tmp_path / "ips.db")
    store.complete(
        domain_item("d.test", ns=lookup("d.test", "NS", mname), mx=lookup("d.test", "MX", (10, evil)), soa=soa_lookup,
                    roles=roles)
    )  # fmt: skip
    place = {"198.51.100.25": {"city": "=1+1", "region": "a;=b", "country_code": "NO"}}
    store.complete(hosts_item(host(evil, "198.51.100.25"), places=place))
    store.complete(hosts_item(host(mname, "198.51.100.53")))
    store.complete(reverse_item("198.51.100.25", r"\@sum.test"))
    store.record_crawl(
        run=RUN, version="v", settings="{}", list="l", list_sha256="s", started_at=int(AT), starts=1, resolver="r",
        skipped="{}", end_reason="finished",
    )  # fmt: skip
    store.commit()
    before = written(store, tmp_path / "before")
    store.close()

    again, complaints = read_back(before, tmp_path / "back.db")

    for name, content in files(before).items():
        for row in standard_csv.reader(content.decode().splitlines()):
            assert [] == [cell for cell in row if cell[:1] in tuple("=+-@\t\r")], name
    assert 13 == len(files(before)[f"test/{RUN}/soa_NS_test.log"].decode().split(","))
    assert 0 == complaints.number
    assert {evil, mname} <= {name for (name,) in again.query("SELECT name FROM hosts")}
    assert [(mname, rname)] == again.query("SELECT mname, rname FROM soa_records")
    assert [("=1+1", "a;=b")] == again.query("SELECT city, region FROM addresses WHERE city IS NOT NULL")
    assert files(before) == files(written(again, tmp_path / "after"))
    again.close()
