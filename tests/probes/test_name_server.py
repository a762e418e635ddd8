"""Name servers of the simulated Internet, each word from a real server, and scripted ones."""

from __future__ import annotations

import pytest

from ipv6matrix.items import NameServerAnswer
from ipv6matrix.probes.name_server import NameServerProber
from ipv6matrix.targets.optouts import OptedOutError
from simnet.name_servers import SLOW_S, NameServer
from simnet.truth import Truth
from tests.probes.dns_server import error, reply, serving

# Zones whose name servers, of a hoster, work.
FAULTS = ("servfail", "refused", "formerr", "notimp", "yxdomain", "dns-silent", "truncated", "truncated-silent-tcp")
PLACES = ("nameservers", "dead", "host_unreachable", "no_route", "open")


@pytest.fixture
def prober() -> NameServerProber:
    return NameServerProber(timeout_s=1.0)


async def check(prober, zone, address, **more):
    """Return what an address answers for one zone."""
    (observation,) = (await prober.check([zone], address, **more)).zones
    return observation


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("word", NameServer)
async def test_a_name_server_may_fail_over_one_family(internet, prober, word, family):
    """Each way to fail over IPv6 has the word of the truth, and the same server is authoritative over IPv4."""
    zone, address = f"dns6-{word.replace('_', '-')}.example", internet.address(f"dns6_{word}", family, 3)
    truth = Truth(internet.scenario).name_server(zone, address)

    observation = await check(prober, zone, address)

    assert (truth.answer, truth.serial) == (observation.answer, observation.serial)
    assert family == 6 or observation.answer is NameServerAnswer.AUTHORITATIVE


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_zone_may_be_broken_at_its_servers(internet, prober, fault):
    """Each fault of a zone has the word of the truth."""
    zone, address = f"{fault}.example", internet.address("nameservers", 6, 0)
    truth = Truth(internet.scenario).name_server(zone, address)

    observation = await check(prober, zone, address)

    assert (truth.answer, truth.serial) == (observation.answer, observation.serial)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("place", PLACES)
async def test_an_address_may_serve_no_zone(internet, prober, place, family, tcp):
    """Silence, ICMP errors and REFUSED of addresses that are not those of a name server of the zone."""
    address = internet.address(place, family, 99)
    truth = Truth(internet.scenario).name_server("open.example", address, tcp=tcp)

    observation = await check(prober, "open.example", address, tcp=tcp)

    assert (truth.answer, None) == (observation.answer, observation.serial)


@pytest.mark.parametrize("word", [NameServer.UDP_ONLY, NameServer.CLOSED, NameServer.SILENT, NameServer.LAME, None])
async def test_tcp_is_tested_by_itself(internet, prober, word):
    """With `tcp`, nothing is sent over UDP, and the words are those of the truth."""
    zone = f"dns6-{word.replace('_', '-')}.example" if word else "open.example"
    address = internet.address(f"dns6_{word}", 6, 3) if word else internet.address("nameservers", 6, 0)
    truth = Truth(internet.scenario).name_server(zone, address, tcp=True)

    observation = await check(prober, zone, address, tcp=True)

    assert (truth.answer, truth.serial, True) == (observation.answer, observation.serial, observation.tcp)


async def test_times_of_a_slow_server(internet, prober):
    """The round-trip time contains the delay of the server, over the slow family only."""
    four, six = [
        await check(prober, "dns6-slow.example", internet.address("dns6_slow", family, 3)) for family in (4, 6)
    ]

    assert four.rtt_ms < 1000 * SLOW_S <= six.rtt_ms


async def test_serials_of_a_stale_server(internet, prober):
    """The serial numbers of both families are those that the server has."""
    four, six = [
        await check(prober, "dns6-stale.example", internet.address("dns6_stale", family, 3)) for family in (4, 6)
    ]

    assert (2022072001, 2022072000) == (four.serial, six.serial)


async def test_no_reply_has_no_time(internet, prober):
    """Silence has no round-trip time."""
    observation = await check(prober, "dns6-silent.example", internet.address("dns6_silent", 6, 3))

    assert (NameServerAnswer.TIMEOUT, None) == (observation.answer, observation.rtt_ms)


async def test_an_address_that_cannot_be_queried_is_untestable(prober):
    """If this host may not send, nothing is known about the name server."""
    observation = await check(prober, "open.example", "255.255.255.255")

    assert NameServerAnswer.UNTESTABLE == observation.answer


async def test_queries_ask_for_no_recursion_and_are_repeated():
    """RD is not set; a lost query is repeated with another id, at most twice in all."""
    async with serving(lambda query: []) as server:
        host, port = server.address
        await check(NameServerProber(timeout_s=0.1, port=port), "open.example", host)

    first, second = server.queries
    assert [0, 0] == [query[2] & 1 for query in server.queries]
    assert first[:2] != second[:2]


async def test_a_server_without_edns_is_queried_without():
    """After FORMERR, the query is repeated without EDNS."""
    script = lambda query: [error(query, 1) if query[11] else reply(query, flags=b"\x84\0", answer=b"")]  # noqa: E731
    async with serving(script) as server:
        host, port = server.address
        observation = await check(NameServerProber(timeout_s=0.5, port=port), "open.example", host)

    assert (2, NameServerAnswer.LAME) == (len(server.queries), observation.answer)


async def test_every_packet_waits_for_the_pace(internet):
    """The pace is awaited with the address, before each query of either transport."""
    waited = []

    async def pace(address: str) -> None:
        waited.append(address)

    address = internet.address("nameservers", 4, 0)
    await check(NameServerProber(pace=pace), "truncated.example", address)

    assert [address, address] == waited


@pytest.mark.parametrize(
    ("flags", "answer"), [(b"\x84\0", NameServerAnswer.AUTHORITATIVE), (b"\x80\x80", NameServerAnswer.LAME)]
)
async def test_the_answer_of_a_resolver_is_lame(flags, answer):
    """
    The SOA record of the zone counts only with AA: a resolver has it from elsewhere.
    """
    numbers = b"".join(number.to_bytes(4, "big") for number in (7, 7200, 3600, 1209600, 300))
    soa = b"\xc0\x0c\0\6\0\1\0\0\x0e\x10\0\x18\xc0\x0c\xc0\x0c" + numbers
    async with serving(lambda query: [reply(query, flags=flags, answer=soa)]) as server:
        host, port = server.address
        observation = await check(NameServerProber(timeout_s=0.5, port=port), "open.example", host)

    assert answer == observation.answer


async def test_zones_of_an_address_share_a_socket():
    """All zones are queried from one port at the same time, and each has the answer that names it."""

    def script(query: bytes) -> list[bytes]:
        return [error(query, 5)] if b"refused" in query else [reply(query, flags=b"\x80\x80", answer=b"")]

    async with serving(script) as server:
        host, port = server.address
        zones = ["a.example", "refused.example", "b.example"]
        observations = (await NameServerProber(timeout_s=0.5, port=port).check(zones, host)).zones

    assert zones == [zone.zone for zone in observations]
    assert ["lame", "refused", "lame"] == [zone.answer for zone in observations]
    assert 1 == len(set(server.clients))


async def test_silence_for_one_zone_holds_up_no_other():
    """A zone without an answer is repeated alone."""

    def script(query: bytes) -> list[bytes]:
        return [] if b"silent" in query else [error(query, 5)]

    async with serving(script) as server:
        host, port = server.address
        observations = (
            await NameServerProber(timeout_s=0.1, port=port).check(["silent.example", "a.example"], host)
        ).zones

    assert ["timeout", "refused"] == [zone.answer for zone in observations]
    assert [False, True, True] == sorted(b"silent" in query for query in server.queries)


async def test_an_opt_out_ends_all_queries():
    """If the pace refuses an address, the error is that of the request, and nothing more is sent."""

    async def pace(address: str) -> None:
        raise OptedOutError

    async with serving(lambda query: []) as server:
        host, port = server.address
        with pytest.raises(OptedOutError):
            await NameServerProber(pace=pace, port=port).check(["a.example", "b.example"], host)

    assert [] == server.queries


async def test_without_zones_nothing_is_sent(prober):
    """A request whose zones have all opted out has no answers."""
    assert () == (await prober.check([], "192.0.2.1")).zones
