from __future__ import annotations

from ipv6matrix.handlers.dns import DnsDownloadHandler
from ipv6matrix.items import DomainObservation, HostsObservation, ReverseObservation, Status
from tests import urls
from tests.handlers.suite import HandlerSuite, failure_word


class TestDns(HandlerSuite):
    handler = DnsDownloadHandler
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
