from __future__ import annotations

from ipv6matrix import urls
from ipv6matrix.handlers.dns import DnsDownloadHandler
from ipv6matrix.items import DomainObservation, HostsObservation, ReverseObservation, Status
from tests.handlers.suite import HandlerSuite, failure_word


class TestDns(HandlerSuite):
    handler = DnsDownloadHandler
    # A router's word about the server never reaches a UDP socket (udp(7)): only silence does.
    words = HandlerSuite.words | {"unreachable": "silent"}

    def url(self, internet, behaviour, n=0):
        # The server asked is the resolver, or, for one that cannot be reached, an address of nobody.
        if behaviour == "unreachable":
            return f"dns://{internet.address('host_unreachable', 4, n)}/open.example?type=NS"
        names = {"open": "open.example", "silent": "dns-silent.example", "refusing": "refused.example"}
        return urls.domain(names[behaviour], ("NS",))

    def word(self, observation):
        assert isinstance(observation, DomainObservation)
        status = observation.ns.status
        return "answered" if status is Status.OK else failure_word(status)

    async def test_hosts_are_asked_in_one_request(self, internet, ready):
        """
        A question with labels gives each host its own two lookups, in the order of the labels.
        """
        url = urls.guesses("every-guess.example", ("time", "www", "six"))

        observation = (await self.ask(ready, url)).observation

        assert isinstance(observation, HostsObservation)
        assert ["time", "www", "six"] == [host.name.partition(".")[0] for host in observation.hosts]
        assert {Status.OK} == {lookup.status for host in observation.hosts for lookup in (host.a, host.aaaa)}

    async def test_an_address_is_asked_for_by_its_reverse_name(self, internet, ready):
        """
        A PTR question about an address of either family gets the address' name.
        """
        for family in (4, 6):
            observation = (await self.ask(ready, urls.reverse(internet.address("open", family)))).observation
            assert isinstance(observation, ReverseObservation)
            assert observation.lookup.name.endswith(".arpa")
            assert Status.OK is observation.lookup.status

    async def test_each_query_to_a_server_of_its_own_is_paced_as_a_probe(self, internet, ready):
        """
        Repeated ones too: the server is a stranger, to whose network a rate applies. Those to resolvers are not.
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
