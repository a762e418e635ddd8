"""CSV files: their exact bytes, and what happens to them when something goes wrong."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ipv6matrix.exceptions import ExportError, ReadStoppedError
from ipv6matrix.exporters.csv import export
from ipv6matrix.exporters.registry import Target
from ipv6matrix.items import Failure, Role, Status
from ipv6matrix.store.database import Store
from tests import opened, typed
from tests.expected_csv import NAMES, ExpectedCsv
from tests.finished import Finished
from tests.samples import AT, domain_item, host, hosts_item, lookup
from tools import made_up

RUN = "2024-01-05__10-00-00"
# Deadline for polling, in seconds.
PATIENCE_S = 120


def target(folder):
    return Target(output_dir=folder, summary_url="")


def files(folder):
    """Read every file below a folder, by (TLD, run, name)."""
    return {path.relative_to(folder).parts: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(content):
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.fixture(scope="module")
def published(finished: Finished, tmp_path_factory: pytest.TempPathFactory):
    """The finished crawl as CSV: the bytes of each file, by (TLD, name)."""
    folder = tmp_path_factory.mktemp("published")
    export(finished.store, target(folder))
    ((run,),) = finished.store.query("SELECT run FROM crawl")
    contents = files(folder)
    assert {run} == {run for _, run, _ in contents}
    return {(tld, name): content for (tld, _, name), content in contents.items()}


@pytest.fixture(scope="module")
def expected(finished: Finished):
    """The expected files from the truth, with the round-trip times of the crawl."""
    query = "SELECT address, rtts_ms FROM pings JOIN addresses ON addresses.id = address_id"
    series = {address: json.loads(rtts_ms) for address, rtts_ms in finished.store.query(query)}
    return ExpectedCsv(finished.former, series).files


# --- contents ---


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("ping_")])
def test_files_match_the_truth(published, expected, name):
    """The file of each TLD is, byte for byte, the one that follows from the scenario."""
    of_name = {key: content for key, content in expected.items() if key[1] == f"{name}_{key[0]}.log"}
    assert any(of_name.values())

    assert of_name == {key: content for key, content in published.items() if key[1] == f"{name}_{key[0]}.log"}


def test_pings_match_the_truth(published, expected):
    """Replies and their numbers follow from the scenario; the times are those in the database."""
    for key in expected:
        if key[1].startswith("ping_"):
            ours, theirs = rows(published[key]), rows(expected[key])
            assert [row[:6] for row in theirs] == [row[:6] for row in ours], key
            assert [_numbers(row[6:]) for row in theirs] == [_numbers(row[6:]) for row in ours], key


def test_pings_have_the_format_of_the_other_files(published, expected):
    """Except for the last digits of the times, bytes are as expected: minimal quoting, CRLF, Python's numbers."""
    keys = [key for key in expected if key[1].startswith("ping_")]
    assert any(b"." in _masked(expected[key]) for key in keys)

    assert [_masked(expected[key]) for key in keys] == [_masked(published[key]) for key in keys]


def test_there_are_no_other_files(published, expected):
    """Each TLD that has domains has every file, including empty ones, and nothing else."""
    assert expected.keys() == published.keys()


def _numbers(texts):
    """Round away differences between the rounding of two programs."""
    return [None if text == "n/a" else pytest.approx(float(text), abs=0.0011) for text in texts]


def _masked(content):
    return re.sub(rb"(?<=,)\d+\.\d+(?=[,\r])", b"0.0", content)


# --- one definition of each conclusion: the views with the old names ---

_JOB = "FROM job LEFT JOIN ip4 ON ip4.host = job.host LEFT JOIN ip6 ON ip6.host = job.host"
_OLD = """
    LEFT JOIN {view} AS four ON four.ip = ip4.ip LEFT JOIN {view} AS six ON six.ip = ip6.ip"""
_IPS = "domain, job.host, ip4.ip, ip6.ip"
_SOME = "AND (ip4.ip <> 'n/a' OR ip6.ip <> 'n/a')"
JOINS = {
    "MX": f"SELECT job.type, {_IPS}, priority {_JOB} WHERE job.type = 'MX' AND job.host <> 'n/a'",
    "NS": f"SELECT job.type, {_IPS}, priority {_JOB} WHERE job.type = 'NS' AND job.host <> 'n/a'",
    "WWW": f"SELECT job.type, {_IPS} {_JOB} WHERE job.type = 'WWW' {_SOME}",
    "NTP": f"SELECT job.type, {_IPS} {_JOB} WHERE job.type = 'NTP' {_SOME}",
    "tcp25_MX": f"SELECT 'tcp25', domain, job.host, 25, ip4.ip, ip6.ip, four.port25, six.port25 {_JOB}"
    f" {_OLD.format(view='tcp')} WHERE job.type = 'MX'",
    "tcp80_WWW": f"SELECT 'tcp80', domain, job.host, 80, ip4.ip, ip6.ip, four.port80, six.port80 {_JOB}"
    f" {_OLD.format(view='tcp')} WHERE job.type = 'WWW'",
    "tcp443_WWW": f"SELECT 'tcp443', domain, job.host, 443, ip4.ip, ip6.ip, four.port443, six.port443 {_JOB}"
    f" {_OLD.format(view='tcp')} WHERE job.type = 'WWW'",
    "tls_MX": f"SELECT 'tls', domain, job.host, ip4.ip, port25, starttls {_JOB}"
    " LEFT JOIN tcp ON tcp.ip = ip4.ip WHERE job.type = 'MX'"
    f" UNION ALL SELECT 'tls', domain, job.host, ip6.ip, port25, starttls {_JOB}"
    " JOIN tcp ON tcp.ip = ip6.ip WHERE job.type = 'MX' AND ip6.ip <> 'n/a'",
    "soa_NS": "SELECT 'soa', host, primaryBySOA, primaryByRank, primaryInHouse, secondary, total, soa FROM soa",
}
for _feature in ("MX", "NS", "WWW", "NTP"):
    JOINS |= {
        f"reverse_{_feature}": f"SELECT 'reverse', {_IPS}, four.reverse, six.reverse {_JOB}"
        f" {_OLD.format(view='rdns')} WHERE job.type = '{_feature}'",
        f"ip6Type_{_feature}": f"SELECT 'ip6Type', domain, job.host, ip6.ip, valid, id, ip6.type {_JOB}"
        f" WHERE job.type = '{_feature}' AND ip6.ip <> 'n/a'",
        f"ping_{_feature}": f"SELECT 'ping', {_IPS}, iif(ifnull(four.count, 'n/a') <> 'n/a', four.count, six.count),"
        f" four.min, four.avg, four.max, four.mdev, six.min, six.avg, six.max, six.mdev {_JOB}"
        f" {_OLD.format(view='ping')} WHERE job.type = '{_feature}' {_SOME}",
        f"path_{_feature}": f"SELECT 'path', {_IPS}, four.mtu, four.hops, four.hops, four.path, six.mtu, six.hops,"
        f" six.hops, six.path {_JOB} {_OLD.format(view='tracert')} WHERE job.type = '{_feature}' {_SOME}",
        # The old view has only the places of IPv4 addresses.
        f"geoip_{_feature}": f"SELECT 'geoip', {_IPS}, asn, city, region_name, country_code, longitude, latitude"
        f" {_JOB} WHERE job.type = '{_feature}' AND ip4.ip <> 'n/a'",
    }


@pytest.mark.parametrize("name", NAMES)
def test_rows_match_the_views(finished: Finished, published, name):
    """A join of the old tables returns the rows of the files, number for number and text for text."""
    actual = [row for (tld, file), content in published.items() if file == f"{name}_{tld}.log" for row in rows(content)]
    if name.startswith("geoip_"):
        actual = [row for row in actual if row[3] != "n/a"]
    joined = [["n/a" if value is None else str(value) for value in row] for row in finished.store.query(JOINS[name])]
    if name == "soa_NS":
        joined = [[*row[:-1], *row[-1].split(",")] for row in joined]
    assert joined

    assert sorted(joined) == sorted(actual)


# --- a small crawl, made by hand ---

PLACE = {"asn": 64496, "as_organisation": 'Acme, "the" Ltd ', "city": "Île,\r\n2", "country_code": "FR"}


def domain(name, *roles, ns=Status.OK, mx=Status.OK):
    lookups = {"ns": lookup(name, "NS", status=ns), "mx": lookup(name, "MX", status=mx)}
    return domain_item(name, roles=tuple(Role(kind=k, host=h, priority=p) for k, h, p in roles), **lookups)


DOMAINS = (
    domain("a.test", ("NS", "ns.a.test", 1), ("MX", "mx.a.test", 0), ("WWW", "www.a.test", 0), ns=Status.OK),
    domain("b.test", ns=Failure.SERVFAIL, mx=Status.NODATA),
    domain("c.example", ("WWW", "www.c.example", 0), ns=Status.NXDOMAIN, mx=Status.NXDOMAIN),
)
HOSTS = (
    hosts_item(host("ns.a.test", "2001:db8::53"), places={"2001:db8::53": PLACE}),
    hosts_item(host("mx.a.test", "198.51.100.25", "2001:db8::25"), places={"198.51.100.25": {"longitude": 0.0}}),
    hosts_item(host("www.a.test")),
    hosts_item(host("www.c.example", "198.51.100.80")),
)


def database(path, *items, run=RUN, settings=None, skipped=()):
    """Create the database of a finished crawl with these items."""
    store = Store(path)
    for item in items:
        store.complete(item)
    store.record_crawl(
        run=run,
        version="v",
        settings=json.dumps(settings or {}),
        list="l",
        list_sha256="s",
        started_at=int(AT),
        starts=1,
        resolver="r",
        skipped=json.dumps(dict.fromkeys(skipped, "missing")),
        end_reason="finished",
    )
    store.close()
    return opened.read(path)


def small(folder, **more):
    return database(folder / "ips.db", *DOMAINS, *HOSTS, **more)


def test_untrusted_texts_are_quoted(tmp_path):
    """
    Commas and non-ASCII letters survive, line ends become codes; an organisation loses double quotes and its last
    space.
    """
    export(small(tmp_path), target(tmp_path))

    content = (tmp_path / "test" / RUN / "geoip_NS_test.log").read_bytes()
    assert (
        b"geoip,a.test,ns.a.test.,n/a,2001:db8::53,"
        b'"AS64496 Acme, the Ltd","\xc3\x8ele,\\013\\0102",n/a,FR,n/a,n/a\r\n' == content
    )


def test_zero_is_a_number(tmp_path):
    """Preference 0 and longitude 0.0 do not become unknown."""
    export(small(tmp_path), target(tmp_path))

    folder = tmp_path / "test" / RUN
    assert b"MX,a.test,mx.a.test.,198.51.100.25,2001:db8::25,0\r\n" == (folder / "MX_test.log").read_bytes()
    assert (folder / "geoip_MX_test.log").read_bytes().endswith(b",n/a,n/a,n/a,n/a,0.0,n/a\r\n")


def test_a_domain_without_mail_or_name_servers_is_listed_once(tmp_path):
    """Its one row, with n/a for the host, is in the files of all hosts and in no other."""
    export(small(tmp_path), target(tmp_path / "out"))

    contents = {name: rows(content) for (tld, _, name), content in files(tmp_path / "out").items() if tld == "example"}
    assert {
        "reverse_MX_example.log": [["reverse", "c.example", *["n/a"] * 5]],
        "reverse_NS_example.log": [["reverse", "c.example", *["n/a"] * 5]],
        "tcp25_MX_example.log": [["tcp25", "c.example", "n/a", "25", *["n/a"] * 4]],
        "tls_MX_example.log": [["tls", "c.example", *["n/a"] * 4]],
    } == {name: content for name, content in contents.items() if "_MX_" in name or "_NS_" in name if content}


def test_missing_measurements_are_unknown(tmp_path):
    """An address without stored measurements has n/a in every column."""
    export(small(tmp_path), target(tmp_path))

    folder = tmp_path / "example" / RUN
    ips = ["c.example", "www.c.example", "198.51.100.80", "n/a"]
    assert [["ping", *ips, *["n/a"] * 9]] == rows((folder / "ping_WWW_example.log").read_bytes())
    assert [["path", *ips, *["n/a"] * 8]] == rows((folder / "path_WWW_example.log").read_bytes())
    assert [["tcp80", *ips[:2], "80", *ips[2:], "n/a", "n/a"]] == rows((folder / "tcp80_WWW_example.log").read_bytes())


def test_skipped_features_have_no_file(tmp_path):
    """Features and metrics that the crawl left out, or had to skip, have no file."""
    choices = {"FEATURES": "MX,WWW", "METRICS": "soa,tcp25,ping,geoip,tcp80"}
    export(small(tmp_path, settings=choices, skipped=["ping", "ipv6"]), target(tmp_path / "out"))

    names = {name for tld, _, name in files(tmp_path / "out") if tld == "test"}
    assert {f"{name}_test.log" for name in ("MX", "WWW", "geoip_MX", "geoip_WWW", "tcp25_MX", "tcp80_WWW")} == names


def test_without_domains_there_is_no_file(tmp_path):
    """A domain excluded by rule is not published."""
    store = database(tmp_path / "ips.db", domain_item("out.test", refusal="opted_out"))
    export(store, target(tmp_path / "out"))

    assert not (tmp_path / "out").exists()


def test_the_log_message_names_the_folders(tmp_path):
    """The message for the log has the number of files and the folders."""
    assert f"3 domains of 2 TLDs in {tmp_path}/<tld>/{RUN}" == export(small(tmp_path), target(tmp_path))


# --- when something goes wrong ---


def test_exporting_twice_gives_equal_files(tmp_path):
    """Existing files are replaced by equal ones, and leftovers of a killed export are removed."""
    store = small(tmp_path)
    export(store, target(tmp_path / "out"))
    before = files(tmp_path / "out")
    (tmp_path / "out" / "test" / RUN / "MX_test.log").write_text("half of i")
    (tmp_path / "out" / "test" / RUN / "MX_test.log.part").write_text("longer than what belongs there" * 100)

    export(store, target(tmp_path / "out"))

    assert before == files(tmp_path / "out")


@pytest.mark.parametrize("name", ["../up", "..", "up/side", "a.\0"])
def test_no_tld_escapes_the_folder(tmp_path, name):
    """A foreign database with a TLD that is not a valid folder name is rejected."""
    store = database(tmp_path / "ips.db", domain_item("a.test", tld=name))

    with pytest.raises(ExportError, match="CRAWL_INVALID"):
        export(store, target(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("run", ["../../up", "..", ""])
def test_no_run_escapes_the_folder(tmp_path, run):
    """A run that is not a valid folder name is rejected, too."""
    with pytest.raises(ExportError, match="CRAWL_INVALID"):
        export(small(tmp_path, run=run), target(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_database_without_a_crawl_is_rejected(tmp_path):
    """Without a started crawl there is no run to name folders after."""
    Store(tmp_path / "ips.db").close()

    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        export(opened.read(tmp_path / "ips.db"), target(tmp_path / "out"))


def test_an_impossible_folder_is_reported(tmp_path):
    """If OUTPUT_DIR is a file, the error names it and the fix."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(ExportError, match=r"/out/example/.*' \(Not a directory\).*OUTPUT_NOT_WRITABLE"):
        export(small(tmp_path), target(tmp_path / "out"))


def test_a_full_disk_leaves_no_files_of_the_tld(tmp_path):
    """
    If a file cannot be completed, no file of its TLD is published, those of other TLDs stay, and nothing is left
    behind.
    """
    folder = tmp_path / "out" / "test" / RUN
    folder.mkdir(parents=True)
    (folder / "MX_test.log.part").symlink_to("/dev/full")

    with pytest.raises(ExportError, match=r"/test/.*\(No space left on device\).*OUTPUT_NOT_WRITABLE"):
        export(small(tmp_path), target(tmp_path / "out"))
    assert [] == list(folder.iterdir())
    assert len(NAMES) == len(list((tmp_path / "out" / "example" / RUN).iterdir()))


def test_a_stopped_export_leaves_no_partial_files(tmp_path):
    """Unfinished files of a TLD are removed; complete ones stay."""
    path = tmp_path / "ips.db"
    made_up.make(path, 200)
    export(opened.read(path), target(tmp_path / "whole"))
    whole = files(tmp_path / "whole")
    stopped = threading.Event()
    store = opened.read(path, lambda: stopped.is_set() or len(list((tmp_path / "out").glob("*"))) > 3)

    with pytest.raises(ReadStoppedError):
        export(store, target(tmp_path / "out"))

    left = files(tmp_path / "out")
    assert 0 < len(left) < len(whole)
    assert left == {name: whole[name] for name in left}


def test_two_concurrent_exports_do_not_mix(tmp_path):
    """Two exports of the same files wait for each other and have the same result."""
    path = tmp_path / "ips.db"
    made_up.make(path, 200)
    export(opened.read(path), target(tmp_path / "whole"))
    failures = []

    def run():
        try:
            # A connection must be closed in its own thread.
            with closing(Store.read(path)) as store:
                export(store, target(tmp_path / "out"))
        except ExportError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    assert files(tmp_path / "whole") == files(tmp_path / "out")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory):
    """A crawl that takes some seconds to publish, and its files."""
    folder = tmp_path_factory.mktemp("large")
    made_up.make(folder / "ips.db", 1000)
    export(opened.read(folder / "ips.db"), target(folder / "whole"))
    return folder / "ips.db", files(folder / "whole")


@pytest.mark.crawl
@pytest.mark.parametrize("seed", range(4))
def test_a_kill_at_any_moment_loses_nothing(large, tmp_path, seed):
    """Every published file is complete when the kill comes, and a rerun of the command creates all of them."""
    path, whole = large
    random = Random(seed)
    for _ in range(2):
        process = subprocess.Popen(command(path, tmp_path), cwd=typed.ROOT, stdout=subprocess.PIPE)
        wait_for_folders(process, tmp_path, random.randrange(1, 150))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert -signal.SIGKILL == process.returncode
        left = {name: content for name, content in files(tmp_path).items() if not name[-1].endswith(".part")}
        assert left == {name: whole[name] for name in left}

    assert 0 == subprocess.run(command(path, tmp_path), cwd=typed.ROOT, check=False, stdout=subprocess.PIPE).returncode
    assert whole == files(tmp_path)


def command(path: Path, folder: Path) -> list[str]:
    return typed.command("export", "csv", path, OUTPUT_DIR=folder)


def wait_for_folders(process, folder, number):
    """Wait until an export has started this many further TLDs."""
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    deadline = time.monotonic() + PATIENCE_S
    while True:
        changed = [path for path in folder.glob("*/*") if path.stat().st_mtime_ns != before.get(path)]
        if len(changed) >= number:
            return
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
