"""The lists and zones of the scenarios."""

from __future__ import annotations

from collections import Counter

from ipv6matrix.addresses import canonical_text
from ipv6matrix.items import Status
from simnet.internet import Internet
from simnet.oddities import NEVER_PROBED
from simnet.scaled import scaled
from simnet.showcase import Showcase
from simnet.truth import Truth
from tests.expected import NTP, WWW


def test_the_list_has_every_kind_of_invalid_line(internet: Internet) -> None:
    """The list's clean names are the scenario's domains, and the number of its invalid lines is that of the truth."""
    scenario = internet.scenario
    assert isinstance(scenario, Showcase)
    text = internet.domains_file.read_bytes()
    lines = [line.split("#")[0].strip().rstrip(".").lower() for line in text.decode("utf-8-sig").splitlines()]
    names = [line.encode("idna").decode() if not line.isascii() else line for line in lines if line]

    assert text.startswith(b"\xef\xbb\xbf") and b"\r\n" in text and not text.endswith(b"\n")
    assert len(names) == len(scenario.listed) + sum(scenario.refused.values())
    assert list(scenario.listed) == names[: len(scenario.listed)]
    assert 5 == len(names) - len(set(names)) == scenario.refused["duplicate"]
    assert len(scenario.listed) >= 320
    assert len({name.rpartition(".")[2] for name in scenario.listed}) >= 12


def test_addresses_that_must_not_be_probed_are_in_the_dns(internet: Internet, truth: Truth) -> None:
    for name, addresses in NEVER_PROBED.items():
        host = truth.host(f"www.{name}.example")
        assert {canonical_text(address) for address in addresses} == host.addresses(4) | host.addresses(6)


def test_scaled_scenario_has_the_shares_of_the_real_internet() -> None:
    """About three hosts with addresses and 0.9 addresses per domain; a quarter of the web with IPv6."""
    scenario = scaled(100_000)
    truth = Truth(scenario)
    sample = [name for number, name in enumerate(scenario.domains) if number % 200 == 0]
    hosts = {f"{label}.{name}": truth.host(f"{label}.{name}") for name in sample for label in (*WWW, *NTP)}
    web = [hosts[f"www.{name}"] for name in sample]
    dead = sum(truth.domain(name).exists is not True for name in sample) / len(sample)

    assert 0.02 < dead < 0.06
    assert 0.24 < sum(bool(host.addresses(6)) for host in web) / len(sample) < 0.4
    assert sum(Status.NXDOMAIN == host.a.status for host in hosts.values()) / len(hosts) > 0.6
    behaviours = Counter(scenario.behaviour(address) for host in web for address in host.addresses(4))
    assert (
        0.7
        < sum(count for behaviour, count in behaviours.items() if behaviour and behaviour.name.startswith("web"))
        / behaviours.total()
    )
