"""Front pages of web servers of the simulated Internet, and of scripted ones."""

from __future__ import annotations

import asyncio
import hashlib
import time

import pytest

from ipv6matrix.items import BodyEnd, Failure, TlsStatus
from ipv6matrix.probes import web as web_module
from ipv6matrix.probes.trust import Trust
from ipv6matrix.probes.web import COMPARED_BYTES, PARSED_BYTES, WebProber
from simnet.behaviours import Web
from simnet.packets import SYN
from simnet.sites import addresses, apex
from simnet.truth import Truth
from tests.probes.talking import tcp_server

AGENT = "ipv6matrix/test (+https://example.org/)"


@pytest.fixture
def prober(internet):
    """A prober with short timeouts that trusts the authority of the simulated Internet."""
    return WebProber(agent=AGENT, connect_timeout_s=2.0, timeout_s=3.0, trust=Trust(str(internet.ca_file)))


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("web", Web)
async def test_every_site_is_as_its_truth(internet, prober, web, family, scheme):
    """Status, redirect, title, end of the body, hosts, and the reasons for no response."""
    address, name = addresses(web)[family == 6], f"www.{apex(web)}"
    truth = Truth(internet.scenario).page(address, name, scheme)

    seen = await prober.get(address, name, scheme=scheme, hosts=True)

    assert (truth.failure, truth.tls) == (seen.failure, seen.tls)
    assert (truth.status_code, truth.location, truth.title) == (seen.status_code, seen.location, seen.title)
    assert (truth.hosts, truth.end if truth.status_code else None) == (seen.hosts, seen.end)


async def test_plain_http_only(internet, prober):
    """A server without port 443 refuses https and answers over http."""
    address = internet.address("port443_closed", 6)

    https, http = [
        await prober.get(address, "www.port443-closed.example", scheme=scheme) for scheme in ("https", "http")
    ]

    assert (Failure.CONNECTION_REFUSED, None) == (https.failure, https.status_code)
    assert (None, 200, None) == (http.failure, http.status_code, http.tls)


async def test_a_request_says_who_asks(internet, prober):
    """One request arrives, for the host, with the agent; one SYN is sent, after the pace."""
    address, name = internet.address("open", 6, 9), "www.a-host.example"
    began, paced = time.time(), []

    async def pace(destination):
        paced.append(destination)

    await prober.get(address, name, pace=pace)

    requests = [record for record in internet.page_requests(since=began) if record.address == address]
    assert [(443, name, AGENT)] == [(record.port, record.host, record.agent) for record in requests]
    syns = [record for record in internet.packets(since=began) if record.destination == address and record.flags == SYN]
    assert 1 == len(syns) == len(paced)


async def test_pages_with_dates_and_tokens_have_one_sketch(internet, prober):
    """Two responses of one site differ in their octets and agree in their words; the other page does not."""
    name = f"www.{apex(Web.OTHER_PAGE6)}"
    four, six = addresses(Web.OTHER_PAGE6)

    first, second, other = [await prober.get(address, name) for address in (four, four, six)]

    assert first.sha256 != second.sha256
    assert first.sketch == second.sketch != other.sketch


async def test_a_body_within_the_limits_is_complete(prober, tmp_path):
    """Length and digest are those of the body, however it is framed."""
    body = b"x" * COMPARED_BYTES
    for framing in (f"Content-Length: {len(body)}\r\n\r\n".encode(), b"Connection: close\r\n\r\n"):
        seen = await ask(prober, b"HTTP/1.1 200 OK\r\n" + framing + body)

        assert (len(body), BodyEnd.COMPLETE) == (seen.length_bytes, seen.end)
        assert hashlib.sha256(body).hexdigest() == seen.sha256


@pytest.mark.parametrize("hosts", [False, True])
async def test_an_endless_body_is_cut_off(internet, prober, hosts):
    """No more is read than 64 KiB, or 256 KiB if hosts are wanted; 64 KiB are compared in both cases."""
    began = time.monotonic()

    seen = await prober.get(addresses(Web.ENDLESS_BODY)[1], f"www.{apex(Web.ENDLESS_BODY)}", hosts=hosts)

    assert (COMPARED_BYTES, BodyEnd.TOO_LARGE) == (seen.length_bytes, seen.end)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("hosts", [False, True])
async def test_no_more_is_received_than_allowed(prober, hosts):
    """A server that sends without end has sent little more than the limit when the connection ends."""
    limit = PARSED_BYTES if hosts else COMPARED_BYTES
    accepted = 0

    async def talk(reader, writer):
        nonlocal accepted
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.set_write_buffer_limits(high=0)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()
            accepted += 4096

    seen = await ask(prober, talk, hosts=hosts)

    assert BodyEnd.TOO_LARGE is seen.end
    # Besides the limit, the buffers of both sockets.
    assert accepted < limit + 8 * 1024 * 1024


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", Failure.CONNECTION_CLOSED),
        (b"SSH-2.0-OpenSSH\r\n", Failure.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nA", Failure.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000, Failure.BAD_RESPONSE),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, Failure.BAD_RESPONSE),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Failure.BAD_RESPONSE),
        (b"\0" * 100_000, Failure.BAD_RESPONSE),
    ],
)
async def test_what_is_no_response_has_a_word(prober, answer, failure):
    """A closed connection, another protocol, endless headers and interim responses are failures."""
    seen = await ask(prober, answer)

    assert (failure, None, None) == (seen.failure, seen.status_code, seen.end)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshortXX",
    ],
)
async def test_a_broken_body_is_a_result(prober, answer):
    """What arrived before a response broke off is recorded."""
    seen = await ask(prober, answer)

    assert (None, 200, BodyEnd.BROKEN, 5) == (seen.failure, seen.status_code, seen.end, seen.length_bytes)


async def test_headers_are_safe_texts(prober):
    """Location and Server are limited, and without characters that affect a terminal."""
    seen = await ask(
        prober,
        b"HTTP/1.0 301 Moved\r\nServer: a\xc2\x9bb\r\nLocation: /" + b"x" * 600 + b"\r\nContent-Length: 0\r\n\r\n",
    )

    assert ("a\ufffdb", 500) == (seen.server, len(seen.location))


@pytest.mark.parametrize("field", [b"Content-Type: text/plain", b"Content-Encoding: gzip"])
async def test_what_is_not_html_has_no_sketch(prober, field):
    """Other media types and encodings have a digest only."""
    seen = await ask(prober, b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n<title>T</title>", hosts=True)

    assert (None, None, None) == (seen.title, seen.sketch, seen.hosts)
    assert seen.sha256 is not None


async def test_a_rejected_certificate_does_not_end_the_request(prober):
    """The page is fetched all the same, and what was wrong with the certificate is recorded."""
    seen = await prober.get(addresses(Web.EXPIRED)[1], f"www.{apex(Web.EXPIRED)}")

    assert (TlsStatus.EXPIRED, 200, None) == (seen.tls, seen.status_code, seen.failure)
    assert seen.certificate_sha256 is not None


async def ask(prober, answer, *, hosts=False):
    """Return what a server's answer means, which is octets or a conversation."""

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    async with tcp_server(talk if isinstance(answer, bytes) else answer) as (host, port):
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(web_module.PORTS, "http", port)
            async with asyncio.timeout(20):
                return await prober.get(host, "www.a.example", scheme="http", hosts=hosts)
