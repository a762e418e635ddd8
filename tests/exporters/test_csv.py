"""CSV files: their exact bytes, and what happens to them when something goes wrong."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from ipv6matrix.exporters.csv import export
from tests.expected_csv import NAMES, ExpectedCsv
from tests.exporters.small import RUN, database, files, small, target
from tests.finished import Finished
from tests.samples import domain_item


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
