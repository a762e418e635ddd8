"""Crawls that cannot start: an error message, an exit status, and nothing sent."""

from __future__ import annotations

import gzip
import json
import os
import time
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from tests import crawls
from tests.mounts import run_mounted

pytestmark = pytest.mark.crawl

NOBODY = "198.18.1.200"


@pytest.fixture
def one_domain(tmp_path: Path) -> Path:
    path = tmp_path / "one.txt"
    path.write_text("open.example\n")
    return path


@pytest.mark.parametrize(
    ("settings", "value", "code"),
    [
        ({"PING_COUNT": 0}, "PING_COUNT='0'", "SETTING_INVALID"),
        ({"GEOIP_CITY_DB": "README.md"}, "GEOIP_CITY_DB='README.md'", "GEOIP_INVALID"),
        ({"NAMESERVERS": "resolver.example"}, "NAMESERVERS: 'resolver.example'", "NAMESERVERS_INVALID"),
        ({"OPTOUT_FILE": "/nowhere"}, "OPTOUT_FILE='/nowhere'", "SETTING_INVALID"),
    ],
)
def test_an_invalid_value_prevents_the_start(internet, one_domain, tmp_path, settings, value, code):
    """The error names the setting and its value; the exit status is 2."""
    process = crawls.crawl(one_domain, internet.settings() | crawls.folders(tmp_path) | settings)

    assert 2 == process.returncode
    assert value in process.stderr
    assert code in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"NAMESERVERS": NOBODY, "QUERY_TIMEOUT": 1, "QUERY_LIFETIME": 1}, "RESOLVER_AWAY"),
        ({"GEOIP_CITY_DB": "", "GEOIP_ASN_DB": ""}, "GeoIP"),
        ({"LOCAL_IPV6": "2001:db8:ffff::1"}, "ROUTE_MISSING"),
        ({"PROBE_ALLOWED_NETWORKS": ""}, "CONTACT_MISSING"),
        ({"JOBDIR": "README.md/current"}, "JOBDIR_NOT_WRITABLE"),
    ],
)
def test_a_missing_dependency_prevents_the_start(internet, one_domain, tmp_path, settings, code):
    """The error has what is missing and its fix; the exit status is 1, and no probe was sent."""
    began_at = time.time()

    process = crawls.crawl(one_domain, internet.settings() | crawls.folders(tmp_path) | settings)

    assert 1 == process.returncode
    assert code in process.stderr
    assert "Traceback" not in process.stderr
    assert [] == [packet for packet in internet.packets(since=began_at) if packet.port in (8, 128, 25, 80, 443)]


def test_a_missing_list_prevents_the_start(internet, tmp_path):
    """The error names the list."""
    process = crawls.crawl(tmp_path / "none.txt", internet.settings() | crawls.folders(tmp_path))

    assert 1 == process.returncode
    assert f"'{tmp_path}/none.txt'" in process.stderr
    assert "LIST_NOT_READABLE" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_missing_dependency_can_be_skipped(internet, one_domain, tmp_path):
    """With MISSING=skip the crawl starts, and its row has what was skipped, and why."""
    settings = internet.settings() | crawls.folders(tmp_path)
    settings |= {"MISSING": "skip", "GEOIP_CITY_DB": "", "GEOIP_ASN_DB": "", "LOCAL_IPV6": "2001:db8:ffff::1"}

    process = crawls.crawl(one_domain, settings)

    assert 0 == process.returncode, process.stderr
    (path,) = tmp_path.glob("ips-*.db")
    store = Store.read(path)
    assert {"geoip", "ipv6"} == set(json.loads(store.crawl()["skipped"]))
    assert [(4,)] == store.query("SELECT DISTINCT family FROM pings JOIN addresses ON addresses.id = address_id")
    assert [("no_ipv6",)] == store.query(
        "SELECT DISTINCT refusal FROM addresses WHERE family = 6 AND found_at IS NOT NULL"
    )
    store.close()


def test_a_crawl_in_use_is_left_alone(internet, one_domain, tmp_path):
    """A second crawl of the same JOBDIR ends with an error that names the process of the first one."""
    (tmp_path / "current").mkdir()
    lock = tmp_path / "current" / "lock"
    with lock.open("w") as held:
        held.write("4711\n")
        held.flush()
        flock(held, LOCK_EX)
        process = crawls.crawl(one_domain, internet.settings() | crawls.folders(tmp_path))

    assert 1 == process.returncode
    assert "process 4711" in process.stderr
    assert "JOBDIR_IN_USE" in process.stderr
    assert "Traceback" not in process.stderr
    assert "4711\n" == lock.read_text()


@pytest.mark.parametrize("off", ["NS", "MX", "WWW", "NTP"])
def test_each_feature_can_be_disabled(internet, one_domain, tmp_path, off):
    """Without a feature no host is found in its role, and its lookups are not made."""
    features = [name for name in ("NS", "MX", "WWW", "NTP") if name != off]

    process = crawls.crawl(
        one_domain, internet.settings() | crawls.folders(tmp_path) | {"FEATURES": ",".join(features), "METRICS": ""}
    )

    assert 0 == process.returncode, process.stderr
    (path,) = tmp_path.glob("ips-*.db")
    store = Store.read(path)
    assert set(features) == {kind for (kind,) in store.query("SELECT DISTINCT kind FROM roles")}
    ((ns, mx),) = store.query("SELECT ns_status, mx_status FROM domain_figures")
    assert (off == "NS", off == "MX") == (ns is None, mx is None)
    store.close()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"# nothing yet\n", "LIST_EMPTY"),
        (b"<!DOCTYPE html>\n<title>Not Found</title>\n", "LIST_MOSTLY_INVALID"),
        (b"\x89PNG\r\n\x1a\n", "LIST_NOT_READABLE"),
        (b"open.example\n" + b"no domain\n" * 300_000, "LIST_MOSTLY_INVALID"),
        (gzip.compress(b"open.example\n" * 100_000)[:-9], "LIST_NOT_READABLE"),
    ],
    ids=["empty", "page", "image", "garbage", "cut"],
)
def test_a_list_without_domains_prevents_the_start(internet, tmp_path, content, code):
    """The exit status is 1, no probe was sent, and nothing is published."""
    began_at, path = time.time(), tmp_path / "list"
    path.write_bytes(content)

    process = crawls.crawl(path, internet.settings() | crawls.folders(tmp_path) | {"EXPORTS": "csv"})

    assert 1 == process.returncode
    assert code in process.stderr
    assert "Traceback" not in process.stderr
    assert len(process.stderr) < 20_000
    assert [] == [packet for packet in internet.packets(since=began_at) if packet.port in (8, 128, 25, 80, 443)]
    assert {"current", "list"} == {entry.name for entry in tmp_path.iterdir()}


def test_a_pipe_is_rejected_without_waiting(internet, tmp_path):
    """A file that can be read only once is not a list."""
    os.mkfifo(tmp_path / "list")

    process = crawls.crawl(tmp_path / "list", internet.settings() | crawls.folders(tmp_path), timeout_s=60)

    assert 1 == process.returncode
    assert "LIST_NOT_READABLE" in process.stderr


def test_a_compressed_list_in_another_encoding_is_crawled(internet, tmp_path):
    """Compression, encoding and form are recognised, and logged."""
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress("rank,domain\r\n1,open.example\r\n".encode("utf-16")))

    process = crawls.crawl(path, internet.settings() | crawls.folders(tmp_path) | {"METRICS": "", "EXPORTS": ""})

    assert 0 == process.returncode, process.stderr
    assert "names in column 2 of a table with commas, below a header (gzip, UTF-16); 1 of" in process.stderr
    (result,) = tmp_path.glob("ips-*.db")
    store = Store.read(result)
    assert [("open.example",)] == store.query("SELECT name FROM domains")
    store.close()


def test_a_log_on_a_full_disk_changes_the_exit_status(internet, one_domain, tmp_path):
    """The crawl finishes, reports on standard error that its log is incomplete, and ends with status 3."""
    logs = tmp_path / "logs"
    logs.mkdir()
    settings = {"LOG_FILE": logs / "log", "METRICS": "", "EXPORTS": "", "LOG_LEVEL": "DEBUG"}
    command = crawls.command(one_domain, internet.settings() | crawls.folders(tmp_path) | settings)
    process = run_mounted('mount -t tmpfs -o size=4k none "$0"', logs, command)

    assert 3 == process.returncode, process.stderr
    assert 1 == process.stderr.count("The log cannot be written (No space left on device)")
    assert "records are missing in the log" in process.stderr
    assert "Traceback" not in process.stderr
    assert 1 == len(list(tmp_path.glob("ips-*.db")))
