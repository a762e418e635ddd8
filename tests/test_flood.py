"""Domains with very many hosts in one network, at the top of the list, do not delay the domains after them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.flood import Facts

pytestmark = pytest.mark.crawl

# Packets delayed by a busy machine leave together.
TOLERANCE = 1.5
# Packets per second to a network: the flood takes many minutes at this rate.
RATE = 20
# Small, so that the answers of the floods arrive before the rest of the list is read.
ROOMS = {"DNS_CONCURRENCY": 20, "PING_CONCURRENCY": 50, "TCP_CONCURRENCY": 50, "TRACE_CONCURRENCY": 100}
DOMAINS, FLOODS, HOSTS = 100, 3, 400
# Hosts of the flood that are pinged in some two minutes, several times what the ordinary domains need.
ENOUGH = 200


@pytest.fixture(scope="module")
def facts() -> Facts:
    options = ("--domains", DOMAINS, "--floods", FLOODS, "--hosts", HOSTS, "--enough", ENOUGH)
    chosen = {"PROBE_RATE_PER_NETWORK": RATE, **ROOMS}
    command = [sys.executable, "-m", "tests.flood", *map(str, options)]
    command += [word for name, value in chosen.items() for word in ("-s", f"{name}={value}")]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if process.returncode == 69:
        pytest.skip(process.stderr)
    assert process.returncode == 0, process.stderr[-3000:]
    return Facts(**json.loads(process.stdout.splitlines()[-1]))


def test_ordinary_domains_are_done_while_the_flood_waits(facts):
    """The list is read to its end and each ordinary address is probed before a sixth of the flood is."""
    assert (DOMAINS + FLOODS, 0) == (facts.domains, facts.ordinary_pending)
    assert facts.flood_pinged < ENOUGH
    assert facts.flood_found > 2 * facts.flood_pinged, "none of the flood had to wait"


def test_the_flood_is_probed_at_its_rate(facts):
    """No second has more packets to its network than the rate, and on average the rate is used."""
    assert facts.busiest_second <= RATE * TOLERANCE
    assert facts.mean_rate > RATE / 2
