"""The rates of a crawl, counted in packets on the first link of the path."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ipv6matrix import urls
from simnet.internet import Internet
from simnet.packets import UDP, Packet
from tests import crawlers, crawls
from tests.paces import TOLERANCE, busiest, most_in_a_second, probes

pytestmark = pytest.mark.crawl


@pytest.fixture
def some_domains(internet: Internet, tmp_path: Path) -> Path:
    """A list of domains whose servers answer."""
    names = [name for name in internet.scenario.domains if name.endswith((".com", ".net", ".org"))][:12]
    path = tmp_path / "some.txt"
    path.write_text("".join(f"{name}\n" for name in names))
    return path


def crawl(internet: Internet, domains: Path, place: Path, **rates: float) -> list[Packet]:
    began_at = time.time()
    process = crawls.crawl(domains, internet.settings() | crawls.folders(place) | rates)
    assert process.returncode == 0, process.stderr[-2000:]
    return probes(internet.packets(since=began_at))


def test_the_overall_rate_limits_packets(internet, some_domains, tmp_path):
    """No second of a crawl has more probe packets than PROBE_RATE, and a busy one comes near it."""
    packets = crawl(internet, some_domains, tmp_path, PROBE_RATE=150, PROBE_RATE_PER_NETWORK=0)

    assert 150 / 2 < most_in_a_second(packets) <= 150 * TOLERANCE


def test_the_rate_of_a_network_limits_packets(internet, some_domains, tmp_path):
    """No second of a crawl has more probe packets to one IPv4 /24 or IPv6 /48 than PROBE_RATE_PER_NETWORK."""
    packets = crawl(internet, some_domains, tmp_path, PROBE_RATE=0, PROBE_RATE_PER_NETWORK=40)

    assert any(packet.port == 53 and packet.protocol == UDP for packet in packets)

    seconds = busiest(packets)
    assert {} == {network: most for network, most in seconds.items() if most > 40 * TOLERANCE}
    assert 40 / 2 < max(seconds.values())


async def test_the_rate_of_a_network_applies_to_lookups_at_a_named_server(internet, some_domains, tmp_path):
    """The destination of a packet decides, not the scheme: a lookup at a server that its URL names is a probe."""
    server = internet.address("open", 6)
    with crawlers.opened(tmp_path) as made:
        for n in range(30):
            made.engine.scheduler.enqueue_request(urls.request(f"dns://[{server}]/n{n}.example?type=NS"))
    began_at = time.time()
    some_domains.write_text("web.example\n")
    own = crawls.folders(tmp_path) | {"METRICS": "", "FEATURES": "", "PROBE_RATE_PER_NETWORK": 10}
    assert 0 == crawls.crawl(some_domains, internet.settings() | own).returncode

    sent = [packet for packet in internet.packets(since=began_at) if (server, 53) == (packet.destination, packet.port)]
    assert 30 <= len(sent)
    assert 10 / 2 < most_in_a_second(sent) <= 10 * TOLERANCE


def test_without_rates_a_crawl_is_faster(internet, some_domains, tmp_path):
    """0 means no limit: the busiest second has more packets than any limit of these tests allows."""
    packets = crawl(internet, some_domains, tmp_path, PROBE_RATE=0, PROBE_RATE_PER_NETWORK=0)

    assert most_in_a_second(packets) > 150 * TOLERANCE
