"""The tables of the address policy agree with the IANA registries and with the promises of the documents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from random import Random

import pytest

from ipv6matrix.targets import allocations, policy
from ipv6matrix.targets.policy import AddressPolicy, Network
from tests import registries
from tests.docs.texts import read, rows, sections

# Marked as globally reachable, but not probed (docs/decisions/0011).
REACHABLE_NOT_PROBED = {"64:ff9b::/96", "2001:20::/28"}
# Neither reachable nor unreachable according to the registry, and probed (docs/decisions/0011).
TRANSITION = {"2001::/32": "teredo", "2002::/16": "6to4"}
SPECIAL = registries.rows("ipv4-special") + registries.rows("ipv6-special")
NOT_REACHABLE = [row["prefix"] for row in SPECIAL if row["global"] != "True" and row["prefix"] not in TRANSITION]
REACHABLE = [row["prefix"] for row in SPECIAL if row["global"] == "True" and row["prefix"] not in REACHABLE_NOT_PROBED]
UNASSIGNED = [
    row["prefix"]
    for name in ("ipv4-address-space", "ipv6-address-space")
    for row in registries.rows(name)
    if row["name"] != "Global Unicast"
]
NETWORK = re.compile(r"(?<![\w.:/])(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*)(?:/\d+)?(?![\w/])")
SAMPLES = 20


def probed(text: str, *, but: Iterable[str] = ()) -> list[str]:
    """Return the addresses among the ends of a network and some between that would be probed, except those in `but`."""
    spared = [ip_network(network) for network in but]
    return [
        address
        for address in samples(ip_network(text))
        if not any(policy.contains((network,), address) for network in spared)
        and AddressPolicy().exclusion(address) is None
    ]


def samples(network: Network) -> list[str]:
    random = Random(str(network))
    last = network.num_addresses - 1
    offsets = {0, min(1, last), last, *(random.randint(0, last) for _ in range(SAMPLES))}
    return [str(network[offset]) for offset in offsets]


@pytest.mark.parametrize("prefix", NOT_REACHABLE)
def test_addresses_that_are_not_globally_reachable_are_not_probed(prefix):
    """No address of a special-purpose block is probed, except those of a globally reachable block within it."""
    assert [] == probed(prefix, but=(*REACHABLE, *TRANSITION))


@pytest.mark.parametrize("prefix", REACHABLE)
def test_globally_reachable_blocks_are_probed(prefix):
    """Globally reachable special-purpose blocks have the kind global."""
    assert {"global"} == {policy.kind(address) for address in samples(ip_network(prefix))}


@pytest.mark.parametrize("prefix", sorted(REACHABLE_NOT_PROBED))
def test_exceptions_are_not_probed_and_documented(prefix):
    """A block that is reachable but not probed is listed in the decision about it."""
    assert [] == probed(prefix)
    assert prefix in read("docs/decisions/0011-special-prefixes.md")


@pytest.mark.parametrize(("prefix", "word"), TRANSITION.items())
def test_transition_mechanisms_have_their_kind(prefix, word):
    """6to4 and Teredo have their own kinds, whatever they embed."""
    assert {word} == {policy.kind(address) for address in samples(ip_network(prefix))}


@pytest.mark.parametrize("prefix", UNASSIGNED)
def test_address_space_outside_unicast_is_not_probed(prefix):
    """No address outside the unicast space of either family is probed."""
    assert [] == probed(prefix)


def test_unallocated_ipv6_is_not_probed():
    """Within 2000::/3, space that IANA has neither allocated to a registry nor given a special purpose is reserved."""
    known = [*allocations.ipv6_unicast(), *(ip_network(row["prefix"]) for row in registries.rows("ipv6-special"))]
    free = without(
        IPv6Network("2000::/3"), [allocated for allocated in known if allocated.subnet_of(IPv6Network("2000::/3"))]
    )

    assert free
    assert {"reserved"} == {policy.kind(address) for network in free for address in samples(network)}


@pytest.mark.parametrize("prefix", [str(network) for network in allocations.ipv6_unicast()])
def test_allocated_ipv6_is_probed(prefix):
    """Space of a regional registry is global, except the special-purpose blocks within it."""
    special = [row["prefix"] for row in SPECIAL]
    addresses = [
        sample for sample in samples(ip_network(prefix)) if not policy.contains(map(ip_network, special), sample)
    ]

    assert {"global"} == {policy.kind(address) for address in addresses}


def test_allocated_ipv4_is_probed():
    """Every IPv4 address that no registry reserves is global."""
    held = [IPv4Network(prefix) for prefix in (*NOT_REACHABLE, *UNASSIGNED) if ":" not in prefix]
    free = without(IPv4Network("0.0.0.0/0"), held)

    assert {"global"} == {policy.kind(address) for network in free for address in samples(network)}


def test_every_line_of_the_table_is_in_a_registry():
    """The policy has no special block of its own, except the old site-local addresses (RFC 3879)."""
    known = {*(row["prefix"] for row in SPECIAL), *UNASSIGNED, "::/96", "fec0::/10"}

    assert set() == {network for network, _ in policy.SPECIAL} - {ip_network(prefix) for prefix in known}


def promises(text: str) -> dict[str, list[str]]:
    """Read the networks of each kind from the table of docs/observations.md."""
    (table,) = [body for name, body in sections(text, r"### Words: (kind)")]
    return {cells[0].strip("`"): NETWORK.findall(cells[1]) for cells in rows(table)}


@pytest.mark.parametrize(("word", "networks"), promises(read("docs/observations.md")).items())
def test_documented_networks_have_their_kind(word, networks):
    """Each network in docs/observations.md has the documented kind, and those documented as not probed are excluded."""
    within = [str(network) for network, other in policy.SPECIAL if other != word]
    for text in networks:
        addresses = [
            address
            for address in samples(ip_network(text))
            if not any(
                policy.contains((ip_network(network),), address) for network in within if narrower(network, text)
            )
        ]
        assert {word} == {policy.kind(address) for address in addresses}
        assert word in policy.PROBED_KINDS or {word} == {AddressPolicy().exclusion(address) for address in addresses}


def narrower(inner_text: str, outer_text: str) -> bool:
    inner, outer = ip_network(inner_text), ip_network(outer_text)
    return inner.version == outer.version and inner.prefixlen > outer.prefixlen


def test_every_special_network_is_documented():
    """docs/observations.md names every network that is not probed."""
    documented = {network for networks in promises(read("docs/observations.md")).values() for network in networks}
    never = {str(other) for other, word in policy.SPECIAL if word not in policy.PROBED_KINDS}
    held = {text for text in never if any(covers(other, text) for other in documented)}

    assert set() == never - held


def covers(outer_text: str, inner_text: str) -> bool:
    outer, inner = ip_network(outer_text), ip_network(inner_text)
    return outer.version == inner.version and inner.subnet_of(outer)


def test_networks_that_documents_promise_to_spare_are_not_probed():
    """Every network in a sentence of the documents that promises never to probe it is excluded."""
    networks = [
        network
        for document in ("docs/ethics.md", "docs/decisions/0011-special-prefixes.md")
        for sentence in re.split(r"(?<=[.:])\s", " ".join(read(document).split()))
        if re.search(r"not probed|never probed|not routed", sentence)
        for network in NETWORK.findall(sentence)
    ]

    assert networks
    assert [] == [address for network in networks for address in probed(network)]


def without(space: Network, taken: list) -> list:
    """Return the networks that remain of an address space."""
    left = [space]
    for network in collapse_addresses(taken):
        left = [
            part
            for piece in left
            for part in (piece.address_exclude(network) if network.subnet_of(piece) else (piece,))
        ]
    return left
