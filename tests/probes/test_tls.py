"""TLS handshakes with web servers of the simulated Internet."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from ipv6matrix.items import Failure, TlsStatus
from ipv6matrix.probes.channel import finite_fields_context, tls_context
from ipv6matrix.probes.tls import TlsProber
from ipv6matrix.probes.trust import Trust
from simnet.behaviours import Web
from simnet.packets import SYN
from simnet.sites import addresses, apex
from simnet.truth import Truth

NAME = "www.open.example"


@pytest.fixture
def prober(internet):
    """A prober with short timeouts that trusts the authority of the simulated Internet."""
    return TlsProber(connect_timeout_s=2.0, timeout_s=3.0, trust=Trust(str(internet.ca_file)))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("web", Web)
async def test_every_site_is_as_its_truth(internet, prober, web, family):
    """Good, untrusted, expired and wrong certificates, alerts, resets and silence have different words."""
    address = addresses(web)[family == 6]

    seen = await prober.probe(address, f"www.{apex(web)}")

    assert Truth(internet.scenario).tls(address) == seen.status


@pytest.mark.parametrize("block", ["port443_closed", "filtered", "host_unreachable", "no_route"])
async def test_a_port_that_does_not_open_has_its_failure(internet, prober, block):
    """Without a connection the status is that of the port."""
    address = internet.address(block, 6)

    assert Truth(internet.scenario).tls(address) == (await prober.probe(address, NAME)).status


async def test_a_handshake_is_described(internet, prober):
    """Version, cipher, ALPN, certificate and time are recorded."""
    seen = await prober.probe(internet.address("open", 6), NAME)

    assert ("TLSv1.3", "http/1.1", (NAME,)) == (seen.version, seen.alpn, seen.certificate.names)
    assert seen.cipher.startswith("TLS_")
    assert "CN=Simulated Internet Root" == seen.certificate.issuer
    assert 20 <= seen.handshake_ms < 1000


@pytest.mark.parametrize("web", [Web.EXPIRED, Web.UNTRUSTED])
async def test_a_rejected_certificate_is_recorded(prober, web):
    """Verification does not end the handshake, so the certificate can be read whatever its faults are."""
    name = f"www.{apex(web)}"

    seen = await prober.probe(addresses(web)[0], name)

    assert (name,) == seen.certificate.names
    assert (web is Web.EXPIRED) == (seen.certificate.not_after < dt.datetime.now(dt.UTC).timestamp())


async def test_the_roots_decide_who_is_trusted(internet):
    """The same certificate is untrusted with the public roots, which are the default."""
    seen = await TlsProber().probe(internet.address("open", 4), NAME)

    assert TlsStatus.UNTRUSTED is seen.status


async def test_one_handshake_is_one_connection(internet, prober):
    """One SYN is sent, after the pace, and nothing is sent after the probe."""
    address = internet.address("open", 6, 7)
    began, paced = time.time(), []

    async def pace(destination):
        paced.append(destination)

    await prober.probe(address, NAME, pace=pace)

    sent = [packet for packet in internet.packets(since=began) if packet.destination == address]
    assert 1 == sum(packet.flags == SYN for packet in sent)
    assert [address] == paced


async def test_a_pace_that_raises_ends_the_probe(internet, prober):
    """An address that opts out in the meantime gets nothing."""

    class OptedOutError(Exception):
        pass

    address = internet.address("open", 4, 8)
    began = time.time()

    async def pace(destination):
        raise OptedOutError

    with pytest.raises(OptedOutError):
        await prober.probe(address, NAME, pace=pace)

    assert [] == [packet for packet in internet.packets(since=began) if packet.destination == address]


async def test_a_source_address_of_another_machine_is_a_failure(internet):
    """A handshake that this machine cannot begin says nothing about the server."""
    seen = await TlsProber(local6="2001:db8:ffff::1").probe(internet.address("open", 6), NAME)

    assert Failure.NETWORK_UNREACHABLE is seen.status


def test_both_contexts_offer_the_protocols():
    """The second handshake, over finite fields, differs in its ciphers only."""
    assert {tls_context().verify_mode} == {finite_fields_context(("h2",)).verify_mode}
