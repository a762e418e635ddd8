"""Which addresses may be probed."""

from __future__ import annotations

import pytest

from ipv6matrix.targets import policy
from ipv6matrix.targets.policy import AddressPolicy

# The IANA special-purpose address registries, one row each: first and last address, and the kind.
REGISTRY = [
    ("0.0.0.0", "0.0.0.0", "unspecified"),
    ("0.0.0.1", "0.255.255.255", "this_network"),
    ("10.0.0.0", "10.255.255.255", "private"),
    ("100.64.0.0", "100.127.255.255", "shared"),
    ("127.0.0.0", "127.255.255.255", "loopback"),
    ("169.254.0.0", "169.254.255.255", "link_local"),
    ("172.16.0.0", "172.31.255.255", "private"),
    ("192.0.0.0", "192.0.0.8", "protocol_assignments"),
    ("192.0.0.11", "192.0.0.255", "protocol_assignments"),
    ("192.0.2.0", "192.0.2.255", "documentation"),
    ("192.88.99.0", "192.88.99.255", "reserved"),
    ("192.168.0.0", "192.168.255.255", "private"),
    ("198.18.0.0", "198.19.255.255", "benchmarking"),
    ("198.51.100.0", "198.51.100.255", "documentation"),
    ("203.0.113.0", "203.0.113.255", "documentation"),
    ("224.0.0.0", "239.255.255.255", "multicast"),
    ("240.0.0.0", "255.255.255.254", "reserved"),
    ("255.255.255.255", "255.255.255.255", "broadcast"),
    ("::", "::", "unspecified"),
    ("::1", "::1", "loopback"),
    ("::2", "::ffff:ffff", "reserved"),
    ("::ffff:0.0.0.0", "::ffff:255.255.255.255", "mapped"),
    ("64:ff9b::", "64:ff9b::ffff:ffff", "translation"),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "translation"),
    ("100::", "100::ffff:ffff:ffff:ffff", "discard"),
    ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", "reserved"),
    ("2001:1::", "2001:1::", "protocol_assignments"),
    ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking"),
    ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "protocol_assignments"),
    ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "overlay"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"),
    ("2001:1000::", "2001:11ff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("2003:4000::", "23ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("2420::", "25ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("2d00::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("3fff:1000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved"),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment_routing"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique_local"),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link_local"),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site_local"),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"),
]

GLOBAL = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.0.9",
    "192.0.0.10",
    "192.0.1.0",
    "192.0.3.0",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:1::1",
    "2001:1::2",
    "2001:1::3",
    "2001:3::1",
    "2001:4:112::1",
    "2001:30::1",
    "2001:200::1",
    "2001:db7:ffff::1",
    "2001:db9::1",
    "2620:4f:8000::1",
    "2a00::1",
    "2410::1",
]


@pytest.mark.parametrize(("first", "last", "kind"), REGISTRY)
def test_special_addresses_have_a_kind_and_are_not_probed(first, last, kind):
    """
    From its first to its last address a special-purpose block has its kind, which is the reason for the exclusion.
    """
    assert [kind, kind] == [policy.kind(first), policy.kind(last)]
    assert [kind, kind] == [AddressPolicy().exclusion(first), AddressPolicy().exclusion(last)]


@pytest.mark.parametrize("address", GLOBAL)
def test_global_addresses_are_probed(address):
    """Globally reachable addresses are probed, including exceptions within special blocks."""
    assert "global" == policy.kind(address)
    assert AddressPolicy().exclusion(address) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [("2002:101:101::1", "6to4"), ("2001:0:101:101:8000:ef46:fefe:fefe", "teredo")],
)
def test_old_transition_mechanisms_are_probed(address, kind):
    """6to4 and Teredo addresses have their own kind and may be probed."""
    assert kind == policy.kind(address)
    assert AddressPolicy().exclusion(address) is None


@pytest.mark.parametrize(
    ("address", "kind", "reason"),
    [
        ("2002:c0a8:101::1", "6to4", "private"),
        ("2002:7f00:1::1", "6to4", "loopback"),
        ("2002:a9fe:101::1", "6to4", "link_local"),
        ("2002:6440:1::1", "6to4", "shared"),
        ("2002:e000:1::1", "6to4", "multicast"),
        ("2002:f000:1::1", "6to4", "reserved"),
        ("2002:c000:204::1", "6to4", "documentation"),
        ("2002:c058:6301::1", "6to4", "reserved"),
        ("2002::1", "6to4", "unspecified"),
        ("2001:0:a00:1::fefe:fefe", "teredo", "private"),
        ("2001:0:101:101::f5ff:fffe", "teredo", "private"),
        ("2001:0:101:101::", "teredo", "broadcast"),
        ("2a00:1::5efe:10.0.0.1", "global", "private"),
        ("2a00:1::200:5efe:127.0.0.1", "global", "loopback"),
        ("64:ff9b::10.0.0.1", "translation", "translation"),
        ("::ffff:10.0.0.1", "mapped", "mapped"),
    ],
)
def test_an_address_is_judged_by_the_address_it_embeds(address, kind, reason):
    """The wrapper keeps its kind; the embedded IPv4 address gives the reason for the exclusion."""
    assert (kind, reason) == (policy.kind(address), AddressPolicy().exclusion(address))


def test_addresses_that_embed_allowed_ones_are_allowed():
    """An allowed network allows the addresses that embed it, and an allowed wrapper all that it embeds."""
    inner, wrapper = AddressPolicy(policy.networks("198.18.0.0/15")), AddressPolicy(policy.networks("2002::/16"))

    assert [None, "private"] == [inner.exclusion(address) for address in ("2002:c612:1::1", "2002:a00:1::1")]
    assert [None, "private"] == [wrapper.exclusion(address) for address in ("2002:a00:1::1", "2001:0:a00:1::1")]


def test_mapped_addresses_are_never_probed():
    """An IPv4-mapped address is excluded even if the embedded IPv4 address is global."""
    assert "mapped" == AddressPolicy().exclusion("::ffff:1.1.1.1")
    assert "mapped" == AddressPolicy(policy.networks("1.1.1.0/24")).exclusion("::ffff:1.1.1.1")


def test_allowed_networks_are_probed_whatever_their_kind():
    """An allowed network is probed, its neighbours are not, and its kind is unchanged."""
    allowed = AddressPolicy(policy.networks("198.18.0.0/24, 2001:db8::/48"))

    assert [None, None] == [allowed.exclusion("198.18.0.255"), allowed.exclusion("2001:db8::1")]
    assert ["benchmarking", "documentation"] == [allowed.exclusion("198.18.1.0"), allowed.exclusion("2001:db8:1::1")]
    assert "benchmarking" == policy.kind("198.18.0.255")


def test_a_family_without_route_is_not_probed():
    """Addresses of a skipped family are excluded with a reason of their own, special ones with their kind."""
    choosy = AddressPolicy(policy.networks("2001:db8::/32"))
    choosy.skip_family(6)

    assert ["no_ipv6", "no_ipv6", "loopback"] == [choosy.exclusion(a) for a in ("2a00::1", "2001:db8::1", "::1")]
    assert choosy.exclusion("1.1.1.1") is None


def test_an_address_that_opted_out_is_not_probed():
    """An opt-out applies within allowed networks too; a special address keeps its kind as reason."""
    wishes = AddressPolicy(policy.networks("198.18.0.0/15"), is_opted_out=lambda address: address.endswith(".7"))

    assert ["opted_out", "opted_out", "private"] == [wishes.exclusion(a) for a in ("1.1.1.7", "198.18.0.7", "10.0.0.7")]
    assert [None, None] == [wishes.exclusion(a) for a in ("1.1.1.1", "198.18.0.1")]


@pytest.mark.parametrize(("text", "number"), [("", 0), (" , ", 0), ("10.0.0.0/8", 1), ("10.1.2.3/8,::/0 ,", 2)])
def test_networks_are_read_from_comma_separated_text(text, number):
    """Prefixes are separated by commas; host bits are ignored."""
    assert number == len(policy.networks(text))


@pytest.mark.parametrize("text", ["10.0.0.0/33", "example.com", "10.0.0.0/8;::/0"])
def test_an_invalid_prefix_is_reported(text):
    """The error quotes the invalid prefix."""
    with pytest.raises(ValueError, match=text):
        policy.networks(text)


def test_families_do_not_mix():
    """An IPv4 network contains no IPv6 address of the same number."""
    assert policy.contains(policy.networks("0.0.0.0/0"), "1.2.3.4")
    assert not policy.contains(policy.networks("0.0.0.0/0"), "::102:304")
    assert not policy.contains((), "1.2.3.4")


def test_addresses_are_ordered_by_value():
    """Nine comes before ten, whatever their texts."""
    assert ["9.0.0.1", "10.0.0.1", "2001:db8::9", "2001:db8::10"] == sorted(
        ["2001:db8::10", "10.0.0.1", "2001:db8::9", "9.0.0.1"], key=policy.sort_key
    )


def test_every_kind_is_a_snake_case_word():
    """Words of the closed list of kinds are valid in the name of a stat."""
    assert policy.PROBED_KINDS < policy.KINDS
    assert all(kind.replace("_", "").isalnum() and kind == kind.lower() for kind in policy.KINDS)


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("192.0.2.0", "192.0.2.255", "192.0.3.0"),
        ("2001:db8:1::", "2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:2::"),
    ],
)
def test_a_network_is_a_24_or_a_48(address, same, other):
    """These are the prefixes to which a rate applies."""
    assert policy.network(address) == policy.network(same) != policy.network(other)
