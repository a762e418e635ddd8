"""Crawls of downloaded lists: the command, the simulated Internet and a web server on loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ipv6matrix.store.database import Store
from tests import crawls
from tests.controls import is_control
from tests.reference import published
from tests.test_stops import done
from tests.typed import ROOT
from tests.waiting import until

pytestmark = pytest.mark.crawl

DOMAINS = ["open.example", "silent.example"]


@pytest.fixture
def settings(internet, site, tmp_path):
    """Return the settings of a small crawl."""
    chosen = internet.settings() | crawls.folders(tmp_path) | published.settings(site, tmp_path)
    return chosen | {"METRICS": "", "FEATURES": "NS", "SECOND_PASS": False, "EXPORTS": "", "DOWNLOAD_TIMEOUT": 2}


def finished(place: Path) -> Store:
    (path,) = place.glob("ips-*.db")
    return Store.read(path)


def names(store: Store) -> set[str]:
    return {name for (name,) in store.query("SELECT name FROM domains")}


@pytest.mark.parametrize("name", ["majestic", "tranco"])
def test_a_list_is_fetched_and_crawled(site, settings, tmp_path, name):
    """Domains of the list and the supplement are requested, and the crawl row has the list."""
    site.put("/majestic.csv", published.majestic(DOMAINS), steps=["503", "cut"])
    published.put_tranco(site, "K2XYW", DOMAINS, steps=["503", "cut"])
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/supplemental.txt").write_text("refused.example\n")

    process = crawls.crawl(name, settings)

    assert 0 == process.returncode, process.stderr
    store = finished(tmp_path)
    ((listed,),) = store.query("SELECT list FROM crawl")
    ((source,),) = ((json.loads(text) for (text,) in store.query("SELECT list_source FROM crawl")),)
    assert {*DOMAINS, "refused.example"} == names(store)
    assert [settings[f"{name.upper()}_URL"]] == [entry["url"] for entry in source]
    assert [None if name == "majestic" else "K2XYW"] == [entry["id"] for entry in source]
    assert f"{source[0]['file']}, {tmp_path}/lists/supplemental.txt" == listed
    store.close()


def test_a_resumed_crawl_keeps_its_list(site, settings, tmp_path, internet):
    """It continues with its original list, even if there is a newer one, and contacts no server for it."""
    domains = list(internet.scenario.domains)[-80:]
    published.put_tranco(site, "K2XYW", domains)
    slow = settings | {"QUERY_RATE": 40}
    with subprocess.Popen(crawls.command("tranco", slow), cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        until(lambda: done(tmp_path) > 5)
        process.send_signal(signal.SIGINT)
    published.put_tranco(site, "ZZ9Z9", ["other.example", "another.example"], etag='"2"')
    asked = len(site.requests)

    resumed = crawls.crawl("tranco", settings)

    assert 1 == process.returncode
    assert 0 == resumed.returncode, resumed.stderr
    assert asked == len(site.requests)
    store = finished(tmp_path)
    assert set(domains) == names(store)
    assert [(2, f"{tmp_path}/lists/tranco-K2XYW.csv")] == store.query("SELECT starts, list FROM crawl")
    store.close()


@pytest.mark.parametrize("body", [None, "<html>sorry</html>\n<p>", ""])
def test_a_failed_download_prevents_the_start(internet, site, settings, tmp_path, body):
    """One error message, exit status 1, and no domain is requested."""
    if body is not None:
        site.put("/majestic.csv", body)
    began_at = time.time()

    process = crawls.crawl("majestic", settings)

    assert 1 == process.returncode
    assert settings["MAJESTIC_URL"] in process.stderr
    assert "[DOWNLOAD_FAILED]" in process.stderr
    assert "Traceback" not in process.stderr
    # The preflight itself queries the resolver.
    assert [] == [query for query in internet.queries(since=began_at) if not is_control(query)]


def test_a_file_with_that_name_is_given_by_its_path(site, settings, tmp_path):
    """./majestic is a file, and nothing is downloaded."""
    (tmp_path / "majestic").write_text("open.example\n")
    command = crawls.command("./majestic", settings)
    environment = {"SCRAPY_SETTINGS_MODULE": "ipv6matrix.settings", "PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    process = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert 0 == process.returncode, process.stderr
    assert [] == site.requests


def test_a_stop_ends_a_download(site, settings, tmp_path):
    """A silent server does not delay the stop, and the same command resumes the download."""
    site.put("/majestic.csv", published.majestic(DOMAINS * 50_000), steps=["silent"])
    settings |= {"DOWNLOAD_TIMEOUT": 600}
    part = tmp_path / "lists/.majestic.part"
    with subprocess.Popen(crawls.command("majestic", settings), cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: part.exists() and part.stat().st_size > 100_000)
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
    come = part.stat().st_size
    again = crawls.crawl("majestic", settings)

    assert 1 == process.returncode
    assert "Traceback" not in log, log
    assert 0 == again.returncode, again.stderr
    assert [None, f"bytes={come}-"] == site.fields("Range")
    store = finished(tmp_path)
    assert set(DOMAINS) == names(store)
    store.close()
