"""Hosts: their lookups, and the addresses that are chosen for them."""

from __future__ import annotations

import json

from ipv6matrix.store.queries import aaaa, anatomy, https
from ipv6matrix.targets import policy
from simnet.oddities import IDENTIFIERS
from tests.expected import smallest
from tests.truth.crawled import Crawled


def test_hosts(crawled: Crawled):
    """
    Each host has both lookups, the end of its aliases and its wildcard mark; or the reason why it was not looked up.
    """
    expected = {
        name: (
            host.a.status,
            host.aaaa.status,
            host.canonical_name,
            name in crawled.expected.guessed and host.wildcard,
            None,
        )
        for name, host in crawled.expected.hosts.items()
    }
    expected |= {name: (None, None, None, False, why) for name, why in crawled.expected.refused_hosts.items()}

    rows = crawled.rows("SELECT name, a_status, aaaa_status, canonical_name, wildcard, refusal FROM host_figures")

    assert expected == {
        name: (a, aaaa, canonical, bool(wildcard), why) for name, a, aaaa, canonical, wildcard, why in rows
    }


def test_host_ttls(crawled: Crawled):
    """Each lookup has the TTL of its answer."""
    hosts = crawled.expected.hosts.items()
    expected = {(name, "A"): host.a.ttl_s for name, host in hosts}
    expected |= {(name, "AAAA"): host.aaaa.ttl_s for name, host in hosts}
    expected |= {(name, "HTTPS"): lookup.ttl_s for name, lookup in crawled.expected.https.items()}

    assert expected == {key: ttl_s for key, (_, ttl_s) in crawled.lookups("host", "name").items()}


def test_https(crawled: Crawled):
    """Each domain and its `www` have the outcome of the HTTPS lookup and all its records."""
    truths = crawled.expected.https
    expected = {
        (
            name,
            record.priority,
            record.target or ".",
            record.alpn,
            record.port,
            record.ipv4hint,
            record.ipv6hint,
            record.ech,
        )
        for name, truth in truths.items()
        for record in truth.records
    }

    rows = crawled.rows(
        "SELECT name, priority, target, alpn, port, ipv4hint, ipv6hint, ech"
        " FROM https_records JOIN hosts ON id = host_id"
    )
    statuses = dict(
        crawled.rows(
            "SELECT name, status FROM lookups JOIN hosts ON id = owner_id WHERE owner = 'host' AND type = 'HTTPS'"
        )
    )

    assert {name: truth.status for name, truth in truths.items()} == statuses
    assert expected == {
        (*row, tuple(json.loads(alpn)), port, tuple(json.loads(four)), tuple(json.loads(six)), bool(ech))
        for *row, alpn, port, four, six, ech in rows
    }


def test_hints(crawled: Crawled):
    """Each way in which hints compare with addresses has a host."""
    words = https.hints(crawled.store)

    assert {
        "https-service.example": "match",
        "www.https-service.example": "match",
        "www.https-hints-differ.example": "differ",
        "www.https-hints-only.example": "only_hint",
        "www.https-alias.example": "absent",
        "www.https-hints-elsewhere.example": "unknown",
    } == words
    assert {"none", "alias", "service"} <= set(https.modes(crawled.store).values())


def test_aaaa_behaviour(crawled: Crawled):
    """Each way in which name servers answer AAAA has a host."""
    words = aaaa.behaviours(crawled.store)
    names = ("denied-aaaa", "notimp-aaaa", "servfail-aaaa", "silent-aaaa", "open", "recovering-aaaa", "refused-a")

    assert ["denied", "failing", "failing", "silent", "sound", "sound", "unknown"] == [
        words[f"www.{name}.example"] for name in names
    ]
    assert {"www.denied-aaaa.example"} == {name for name, word in words.items() if word == "denied"}


def test_host_addresses(crawled: Crawled):
    """Each host has every address of its answers, and the smallest usable one of each family is chosen."""
    rows = crawled.rows(
        "SELECT hosts.name, host_addresses.family, address, choice FROM host_addresses"
        " JOIN hosts ON hosts.id = host_id JOIN addresses ON addresses.id = address_id"
    )

    assert len(rows) == len(set(rows))
    assert crawled.expected.host_addresses == set(rows)


def test_address_kinds(crawled: Crawled):
    """Each address has its kind, the reason if it is excluded, and its tunnel."""
    expected = {
        address: (
            truth.family,
            policy.kind(address),
            "opted_out"
            if crawled.expected.is_opted_out_address(address)
            else None
            if crawled.expected.is_usable(address)
            else policy.kind(address),
            truth.tunnel,
        )
        for address, truth in crawled.expected.addresses.items()
    }

    rows = crawled.rows("SELECT address, family, kind, refusal, tunnel_id FROM addresses WHERE found_at IS NOT NULL")

    assert expected == {row[0]: row[1:] for row in rows}


def test_geoip(crawled: Crawled):
    """Each address of either family has its data from the GeoIP files."""
    places = {address: truth.place for address, truth in crawled.expected.addresses.items()}
    expected = {
        address: (
            place.asn,
            place.organisation,
            place.city,
            place.region,
            place.country_code,
            place.latitude,
            place.longitude,
        )
        for address, place in places.items()
    }

    rows = crawled.rows(
        "SELECT address, asn, as_organisation, city, region, country_code, latitude, longitude"
        " FROM addresses WHERE found_at IS NOT NULL"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_reverse(crawled: Crawled):
    """Each probed address, and each router on a path, has its reverse lookup."""
    lookups = {address: truth.reverse for address, truth in crawled.expected.probed.items()}
    lookups |= {router: crawled.expected.truth.address(router).reverse for router in crawled.expected.routers}
    expected = {
        address: (lookup.status, smallest(lookup.records), len(lookup.records), lookup.ttl_s)
        for address, lookup in lookups.items()
    }

    rows = crawled.rows(
        "SELECT address, status, name, ifnull(records, 0), ttl_s FROM lookups JOIN addresses ON addresses.id = owner_id"
        " LEFT JOIN reverse_names ON address_id = owner_id WHERE owner = 'address'"
    )

    assert expected == {row[0]: row[1:] for row in rows}


def test_identifiers(crawled: Crawled):
    """Each way to choose the interface identifier of an address has a host; both networks of a host are compared."""
    by_host = {row.host: row for row in anatomy.addresses(crawled.store)}

    assert {word: word.replace("-", "_") for word in IDENTIFIERS} == {
        word: by_host[f"www.{word}.example"].identifier for word in IDENTIFIERS
    }
    assert (True, False, None) == tuple(
        by_host[f"www.{name}.example"].same_as for name in ("low-byte", "two-networks", "without-geo")
    )
