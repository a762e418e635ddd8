"""Opt-outs during a crawl."""

from __future__ import annotations

import subprocess
import time

import pytest

from ipv6matrix.store.database import Store
from tests import crawls, typed
from tests.test_stops import done
from tests.waiting import until

pytestmark = pytest.mark.crawl

# Packets in transit when the file changed may still arrive.
IN_FLIGHT_S = 1.0
ALL_OF_IPV4 = "198.18.0.0/15"


@pytest.fixture
def names(internet):
    return [name for name in internet.scenario.domains if name.endswith((".com", ".net", ".org"))][:30]


def crawl(internet, names, place, entry, **settings):
    """Crawl a list, add an opt-out during the crawl as an operator does, and return the time."""
    (place / "list").write_text("".join(f"{name}\n" for name in names))
    file = place / "optout.txt"
    file.write_text("# nobody yet\n")
    chosen = internet.settings() | crawls.folders(place) | {"OPTOUT_FILE": file, "FEATURES": "WWW"}
    chosen |= {"SECOND_PASS": False, "PROBE_RATE_PER_NETWORK": 0, "EXPORTS": ""} | settings
    command = crawls.command(place / "list", chosen)
    with subprocess.Popen(command, cwd=typed.ROOT, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: done(place) > 6)
        typed.run("optout", "add", entry, OPTOUT_FILE=file).check_returncode()
        added_at = time.time()
        _, log = process.communicate(timeout=120)
    assert 0 == process.returncode, log
    return added_at


def finished(place):
    (path,) = place.glob("ips-*.db")
    return Store.read(path)


def test_an_opted_out_domain_gets_no_further_query(internet, names, tmp_path):
    """Other domains continue, and the data have the reason."""
    # One domain at a time takes two seconds each, so that the command ends long before the last one.
    names = names[:15]
    name = names[-1]
    added_at = crawl(internet, names, tmp_path, name, METRICS="", DNS_CONCURRENCY=1, QUERY_RATE=40)
    asked = [query.name.rstrip(".") for query in internet.queries(since=added_at + IN_FLIGHT_S)]
    store = finished(tmp_path)

    assert asked, "the crawl had ended before the opt-out could show"
    assert [] == [domain for domain in asked if f".{domain}".endswith(f".{name}")]
    assert [("opted_out",)] == store.query(f"SELECT refusal FROM domains WHERE name = '{name}'")
    store.close()


def test_an_opted_out_network_gets_no_further_packet(internet, names, tmp_path):
    """This includes probes in progress that wait for their turn; the other family continues."""
    added_at = crawl(internet, names, tmp_path, ALL_OF_IPV4, METRICS="ping,tcp80,path", PROBE_RATE=50)
    resolvers = (internet.resolver4, internet.resolver6)
    sent = [packet.destination for packet in internet.packets(since=added_at + IN_FLIGHT_S)]
    store = finished(tmp_path)

    assert {6} == {6 if ":" in target else 4 for target in sent if target not in resolvers}
    assert ("opted_out",) in store.query("SELECT DISTINCT refusal FROM addresses WHERE family = 4")
    store.close()
