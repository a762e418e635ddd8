"""Lines and TLS over a connected socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading

import pytest

from ipv6matrix.probes.channel import MAX_LINE_BYTES, MAX_TLS_BYTES, Channel, LineTooLongError, TlsError, tls_context
from simnet import certificate
from tests.probes.talking import tcp_server


@pytest.fixture
async def pair():
    """A channel and the blocking socket at its other end."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(5)
    yield Channel(ours), theirs
    ours.close()
    theirs.close()


@pytest.fixture(scope="module")
def server_context(tmp_path_factory):
    """The TLS context of a server with its own certificate."""
    pem = tmp_path_factory.mktemp("tls") / "mail.pem"
    certificate.write(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_lines_are_read_one_by_one(pair):
    """Each line is read once, however its octets arrive, with either line end."""
    channel, peer = pair
    peer.sendall(b"one\r\ntwo\nthr")
    lines = [await channel.read_line() for _ in range(2)]
    peer.sendall(b"ee\r\n")

    assert [b"one", b"two", b"three"] == [*lines, await channel.read_line()]


async def test_an_end_without_a_line_is_reported(pair):
    """EOF in the middle of a line is not a line."""
    channel, peer = pair
    peer.sendall(b"half")
    peer.close()

    with pytest.raises(EOFError):
        await channel.read_line()


@pytest.mark.parametrize("text", [b"x" * MAX_LINE_BYTES, b"x" * MAX_LINE_BYTES + b"\n"])
async def test_a_line_has_a_limit(pair, text):
    """A line longer than the limit is rejected, whether or not it ends."""
    channel, peer = pair
    peer.sendall(text)

    with pytest.raises(LineTooLongError):
        await channel.read_line()


@contextlib.asynccontextmanager
async def tls_channel(server_context):
    """A channel to a server that sends two lines in cleartext, then shakes hands and echoes lines."""

    async def talk(reader, writer):
        await reader.readline()
        writer.write(b"220 go\r\n250 said too early\r\n")
        await writer.start_tls(server_context)
        while line := await reader.readline():
            writer.write(line)

    async with tcp_server(talk) as address:
        with socket.create_connection(address) as connected:
            connected.setblocking(False)
            yield Channel(connected)


async def test_lines_go_through_tls(server_context):
    """After the handshake lines go both ways, and cleartext received before it is discarded (RFC 3207 section 4.2)."""
    async with tls_channel(server_context) as channel:
        await channel.write(b"STARTTLS\r\n")
        await channel.read_line()
        tls = await channel.start_tls(tls_context())
        await channel.write(b"hello\r\n")

        assert (b"hello", "TLSv1.3") == (await channel.read_line(), tls.version())


async def test_a_failed_handshake_is_a_tls_error(pair):
    """Octets that are not TLS, and EOF in their place, are both a failed handshake."""
    channel, peer = pair
    peer.sendall(b"this is no TLS record\r\n")

    with pytest.raises(TlsError):
        await channel.start_tls(tls_context())


class Insatiable:
    """TLS that has consumed records and never has data, as with endless tickets and key updates."""

    def read(self, at_most):
        raise ssl.SSLWantReadError


async def test_records_without_data_have_a_limit(pair):
    """A peer that sends records without end is dropped, and the loop runs other tasks in between."""
    channel, peer = pair
    channel.tls = Insatiable()
    turns = []

    async def take_turns():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    sending = threading.Thread(target=peer.sendall, args=(bytes(MAX_TLS_BYTES + 1),))
    others = asyncio.create_task(take_turns())
    sending.start()
    with pytest.raises(TlsError):
        await channel.read_line()
    others.cancel()
    sending.join()

    assert len(turns) >= 10


async def test_eof_in_a_handshake_is_a_tls_error(pair):
    """A peer that closes the connection instead of shaking hands is a failed handshake."""
    channel, peer = pair
    peer.shutdown(socket.SHUT_WR)

    with pytest.raises(TlsError):
        await channel.start_tls(tls_context())
