"""A crawl of domains whose answers are as large, and as unusual, as DNS messages allow."""

from __future__ import annotations

import asyncio

import pytest

from ipv6matrix.store.database import Store
from tests import crawls, hostile_dns
from tests.hostile_dns import ADDRESSES4, ADDRESSES6, DOMAIN, HOSTS, ODD_DOMAIN, ODD_NAMES

pytestmark = pytest.mark.crawl


@pytest.fixture(scope="module")
def crawled(internet, tmp_path_factory):
    """Crawl with every kind of host, and look up all addresses in the GeoIP files."""
    place = tmp_path_factory.mktemp("bounds")
    (place / "list").write_text(f"{DOMAIN}\n{ODD_DOMAIN}\n")
    asyncio.run(crawl(place, internet.settings()))
    (path,) = place.glob("ips-*.db")
    store = Store.read(path)
    yield store
    store.close()


@pytest.fixture(scope="module")
def log(crawled):
    """Return the log of that crawl, which is next to its database."""
    return (crawled.path.parent / "log").read_text()


def test_replies_of_an_honest_resolver_are_not_forgeries(log):
    """Replies that matched no query are counted, and there were none."""
    assert "'dns/forgeries': 0," in log
    assert "'dns/mismatches': 0," in log


async def crawl(place, settings):
    async with hostile_dns.serving() as (address, port):
        settings |= crawls.folders(place) | {"NAMESERVERS": f"{address}:{port}", "METRICS": "geoip,ip6Type,reverse"}
        process = await asyncio.create_subprocess_exec(
            *crawls.command(place / "list", settings),
            cwd=crawls.typed.ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, log = await process.communicate()
    (place / "log").write_bytes(log)
    assert process.returncode == 0, log.decode()[-3000:]


@pytest.mark.parametrize(("kind", "mark"), [("NS", "n"), ("MX", "m")])
def test_hosts_of_a_domain_are_bounded(crawled, kind, mark):
    """Of thousands of NS or MX hosts the first 32 are stored, whatever their order, with their total number."""
    names = crawled.query(
        "SELECT name FROM roles JOIN hosts ON hosts.id = host_id WHERE kind = ? AND name LIKE '%.huge.example'"
        " ORDER BY name",
        (kind,),
    )

    assert [(f"{mark}{number:04}.{DOMAIN}",) for number in range(32)] == names
    assert [(HOSTS,)] == crawled.query(
        "SELECT records FROM lookups JOIN domains ON domains.id = owner_id"
        " WHERE owner = 'domain' AND type = ? AND name = ?",
        (kind, DOMAIN),
    )


def test_addresses_of_a_host_are_bounded(crawled):
    """Of thousands of addresses of a family 64 are stored, with their total number."""
    counted = crawled.query(
        "SELECT DISTINCT type, records, (SELECT count(*) FROM host_addresses WHERE host_id = hosts.id)"
        " FROM lookups JOIN hosts ON hosts.id = owner_id"
        " WHERE owner = 'host' AND name LIKE '%.huge.example' ORDER BY 1"
    )

    assert [("A", ADDRESSES4, 128), ("AAAA", ADDRESSES6, 128)] == counted


def test_the_smallest_usable_address_of_all_is_chosen(crawled):
    """The probed address is the smallest usable one of the whole answer, although thousands are smaller."""
    chosen = crawled.query(
        "SELECT host_addresses.family, count(*) FROM host_addresses JOIN addresses ON addresses.id = address_id"
        " WHERE choice = 1 AND (address LIKE '11.0.%' OR address LIKE '2a00::%') GROUP BY 1"
    )
    ((hosts,),) = crawled.query("SELECT count(*) FROM hosts WHERE name LIKE '%.huge.example'")

    assert [(4, hosts), (6, hosts)] == chosen


def test_the_smallest_addresses_are_stored(crawled):
    """Besides the chosen one, the smallest addresses of the answer are stored: the same ones in every crawl."""
    ((host,),) = crawled.query("SELECT id FROM hosts WHERE name = ?", (f"www.{DOMAIN}",))
    addresses = crawled.query(
        "SELECT address FROM host_addresses JOIN addresses ON addresses.id = address_id"
        " WHERE host_id = ? AND host_addresses.family = 4",
        (host,),
    )

    assert {f"10.0.0.{number}" for number in range(63)} | {"11.0.0.0"} == {address for (address,) in addresses}


def test_unusual_names_are_stored_and_not_looked_up(crawled):
    """
    A dot inside a label, a space, other octets, capitals, addresses and placeholders are stored as names.

    None of them ends the crawl; only valid host names are looked up.
    """
    names = crawled.query(
        "SELECT hosts.name, refusal FROM roles JOIN hosts ON hosts.id = host_id"
        " WHERE kind = 'NS' AND hosts.name NOT LIKE '%.huge.example' ORDER BY 1"
    )

    asked = {"192.0.2.1"}
    assert sorted((name, None if name in asked else "invalid_name") for name in ODD_NAMES.values()) == names


def test_reverse_names_are_not_placeholders(crawled):
    """An address named by the root or by `no.` has a name, in the tables and in the views."""
    names = set(
        crawled.query(
            "SELECT name, records, reverse FROM reverse_names JOIN addresses ON addresses.id = address_id"
            " JOIN lookups ON owner = 'address' AND owner_id = address_id JOIN rdns ON ip = address"
        )
    )

    assert {(".", 1, "."), ("no", 1, "no.")} == names
