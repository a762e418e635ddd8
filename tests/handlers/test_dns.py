from __future__ import annotations

import subprocess
import time

import pytest

from ipv6matrix.handlers.dns import DnsDownloadHandler
from ipv6matrix.items import DomainObservation, HostsObservation, NameServerAnswer, ReverseObservation, Status
from ipv6matrix.measurements import name_servers
from ipv6matrix.probes import no_pace
from simnet.packets import TCP, UDP
from tests import crawlers, urls
from tests.handlers.suite import HandlerSuite, failure_word


class TestDns(HandlerSuite):
    handler = DnsDownloadHandler
    # Each query of a resolver takes one of eight ports, at random.
    openers = 200
    # An ICMP error from a router never reaches a UDP socket (udp(7)): only silence does.
    words = HandlerSuite.words | {"unreachable": "silent"}

    def url(self, internet, behaviour, n=0):
        # The queried server is the resolver or, for an unreachable one, an unused address.
        if behaviour == "unreachable":
            return f"dns://{internet.address('host_unreachable', 4, n)}/open.example?type=NS"
        names = {"open": "open.example", "silent": "dns-silent.example", "refusing": "refused.example"}
        return urls.domain(names[behaviour], ("NS",))

    def word(self, observation):
        assert isinstance(observation, DomainObservation)
        status = observation.ns.status
        return "answered" if status is Status.OK else failure_word(status)

    async def test_hosts_are_looked_up_in_one_request(self, internet, ready):
        """A request with labels has two lookups for each host, in the order of the labels."""
        url = urls.guesses("every-guess.example", ("time", "www", "six"))

        observation = (await self.ask(ready, url)).observation

        assert isinstance(observation, HostsObservation)
        assert ["time", "www", "six"] == [host.name.partition(".")[0] for host in observation.hosts]
        assert {Status.OK} == {lookup.status for host in observation.hosts for lookup in (host.a, host.aaaa)}

    async def test_an_address_is_looked_up_by_its_reverse_name(self, internet, ready):
        """A PTR request for an address of either family returns the name of the address."""
        for family in (4, 6):
            observation = (await self.ask(ready, urls.reverse(internet.address("open", family)))).observation
            assert isinstance(observation, ReverseObservation)
            assert observation.lookup.name.endswith(".arpa")
            assert Status.OK is observation.lookup.status

    async def test_each_query_to_a_named_server_is_paced_as_a_probe(self, internet, ready):
        """
        Repeated queries are paced too: the server is a third party, whose network has a rate. Queries to resolvers are
        not.
        """
        paced = []

        async def pace(address):
            paced.append(address)

        stranger = internet.address("dead", 4)
        for url in (f"dns://{stranger}/open.example?type=NS", urls.domain("open.example", ("NS",))):
            request = urls.request(url)
            request.meta["pace"] = pace
            await ready.download_request(request)

        assert [stranger] * 2 == paced

    async def test_zones_that_opted_out_are_not_asked_for(self, internet, ready):
        """Of several zones of a name server, only the others are queried."""
        address, since = internet.address("nameservers", 4, 0), time.time()
        request = urls.request(name_servers.url(["open.example", "closed.example"], address, tcp=False))
        request.meta.update(pace=no_pace, opted_out=("closed.example",))

        observation = (await ready.download_request(request)).observation

        assert ["open.example"] == [zone.zone for zone in observation.zones]
        assert 1 == len([packet for packet in internet.packets(since) if packet.destination == address])


@pytest.fixture
def sources(internet):
    """An address of each family that this host has in addition, for which no router has a route."""
    addresses = {4: "198.18.2.9", 6: "2001:db8:2::9"}
    for address in addresses.values():
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
    yield addresses
    for address in addresses.values():
        subprocess.run(["ip", "address", "del", address, "dev", "lo"], check=True)


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(("tcp", "protocol"), [(False, UDP), (True, TCP)])
async def test_name_servers_are_queried_from_the_source_address(internet, sources, tmp_path, family, tcp, protocol):
    """LOCAL_IPV4 and LOCAL_IPV6 are the sources of all packets to name servers, over either transport."""
    settings = {"LOCAL_IPV4": sources[4], "LOCAL_IPV6": sources[6], "QUERY_TIMEOUT": 0.2, "EXTENSIONS": {}}
    crawler = crawlers.crawler(tmp_path, **internet.settings(), **settings)
    handler = DnsDownloadHandler.from_crawler(crawler)
    address, since = internet.address("nameservers", family, 0), time.time()

    request = urls.request(name_servers.url(["open.example"], address, tcp=tcp))
    request.meta["pace"] = no_pace
    observation = (await handler.download_request(request)).observation
    await handler.close()

    assert [NameServerAnswer.TIMEOUT] == [zone.answer for zone in observation.zones]
    sent = [packet for packet in internet.packets(since) if packet.destination == address]
    assert {(protocol, sources[family])} == {(packet.protocol, packet.source) for packet in sent}
