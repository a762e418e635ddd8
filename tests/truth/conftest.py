"""The crawl that all modules here compare with the truth."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ipv6matrix.store.database import Store
from simnet.internet import Internet
from tests import crawls
from tests.expected import GAP_LIMIT, Expected
from tests.truth.crawled import CONTACT, ZONES_PER_ADDRESS, Crawled

# Seconds for the showcase, and for each domain that the option --domains adds.
PATIENCE_S, PATIENCE_EACH_S = 300, 0.5
# Of a crawl with more domains, so that servers which share two processors answer in time.
UNHURRIED = {
    "DNS_CONCURRENCY": 120,
    "TLS_CONCURRENCY": 25,
    "WEB_CONCURRENCY": 20,
    "QUERY_TIMEOUT": 5,
    "QUERY_LIFETIME": 12,
    "WEB_TIMEOUT": 12,
}


@pytest.fixture(scope="session")
def crawled(
    internet: Internet, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crawled]:
    """Crawl once in a session: one worker runs all modules of this folder (tests/tiers.py)."""
    place = tmp_path_factory.mktemp("crawl")
    internet.forget()
    began_at, local_before = time.time(), internet.local_packets()
    host, port = internet.resolver_without_ipv4
    settings = internet.settings() | crawls.folders(place) | {"METRICS": "all", "NAMESERVERS6": f"[{host}]:{port}"}
    settings |= {"CONTACT": CONTACT, "PROBE_RATE_PER_NETWORK": 0, "NS_ZONES_PER_ADDRESS": ZONES_PER_ADDRESS}
    settings |= {"TRACE_GAP_LIMIT": GAP_LIMIT, "WEB_TIMEOUT": 8}
    more = pytestconfig.getoption("--domains")
    settings |= UNHURRIED if more else {}
    process = crawls.crawl(internet.domains_file, settings, timeout_s=PATIENCE_S + PATIENCE_EACH_S * more)
    assert process.returncode == 0, process.stderr[-3000:]
    (path,) = place.glob("ips-*.db")
    store = Store.read(path)
    yield Crawled(internet, process, store, Expected(internet.scenario), began_at, local_before)
    store.close()
