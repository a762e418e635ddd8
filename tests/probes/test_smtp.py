"""Mail sessions with servers of the simulated Internet, and with scripted ones on loopback."""

from __future__ import annotations

import asyncio
import socket
import struct
import time

import pytest

from ipv6matrix.items import Failure, Starttls
from ipv6matrix.probes.channel import tls_context
from ipv6matrix.probes.smtp import converse
from ipv6matrix.probes.tcp import TcpProber
from tests.probes.talking import tcp_server
from tests.probes.waiting import until

HELLO = "crawler.example"


@pytest.fixture(scope="module")
def context():
    """The TLS context that all sessions share."""
    return tls_context()


async def session_with(internet, behaviour, family=6, *, starttls=True, n=0, timeout_s=5.0):
    """Run one session with a server of the simulated Internet."""
    prober = TcpProber(timeout_s=2.0, smtp_timeout_s=timeout_s, contact_name=HELLO)
    observation = await prober.probe(internet.address(behaviour, family, n), (25,), starttls=starttls)
    return observation.smtp


def heard(internet, address):
    """Return what the server of an address has received, by session."""
    return [session.verbs for session in internet.smtp_sessions() if session.address == address]


async def verbs(internet, address, before):
    """Return the commands that the server of an address received in the latest session."""
    await until(lambda: len(heard(internet, address)) > len(before))
    return heard(internet, address)[len(before)]


@pytest.mark.parametrize("family", [4, 6])
async def test_starttls_is_completed(internet, family):
    """Where STARTTLS works, TLS version and certificate are recorded, and QUIT is the last command."""
    address = internet.address("smtp_starttls", family, 50)
    before = heard(internet, address)
    smtp = await session_with(internet, "smtp_starttls", family, n=50)

    assert (220, "EHLO", Starttls.ACCEPTED, None) == (smtp.greeting_code, smtp.hello, smtp.starttls, smtp.failure)
    assert ("TLSv1.3", 64) == (smtp.tls_version, len(smtp.certificate.sha256))
    assert ("EHLO", "STARTTLS", "QUIT") == await verbs(internet, address, before)


async def test_starttls_is_not_used_unless_requested(internet):
    """Without STARTTLS in the request the session goes no further than EHLO."""
    address = internet.address("smtp_starttls", 6, 51)
    before = heard(internet, address)
    smtp = await session_with(internet, "smtp_starttls", n=51, starttls=False)

    assert ("EHLO", None, None) == (smtp.hello, smtp.starttls, smtp.failure)
    assert ("EHLO", "QUIT") == await verbs(internet, address, before)


@pytest.mark.parametrize(
    ("behaviour", "code", "hello", "starttls", "failure"),
    [
        ("smtp_plain", 220, "EHLO", Starttls.NOT_OFFERED, None),
        ("smtp_helo_only", 220, "HELO", Starttls.NOT_OFFERED, None),
        ("smtp_multiline", 220, "EHLO", Starttls.ACCEPTED, None),
        ("smtp_late", 220, "EHLO", Starttls.ACCEPTED, None),
        ("smtp_refuses_starttls", 220, "EHLO", Starttls.REFUSED, None),
        ("smtp_breaks_tls", 220, "EHLO", Starttls.ACCEPTED, Failure.TLS_FAILED),
        ("smtp_4xx", 421, None, None, None),
        ("smtp_5xx", 554, None, None, None),
        ("smtp_closes", None, None, None, Failure.CONNECTION_CLOSED),
        ("smtp_not_smtp", None, None, None, Failure.NOT_SMTP),
    ],
)
async def test_the_outcome_follows_from_the_server(internet, behaviour, code, hello, starttls, failure):
    """How far a session went, and what ended it, follows from the replies of the server."""
    smtp = await session_with(internet, behaviour)

    assert (code, hello, starttls, failure) == (smtp.greeting_code, smtp.hello, smtp.starttls, smtp.failure)


async def test_a_server_that_never_greets_is_a_timeout(internet):
    """Silence after the handshake ends with the timeout of the session."""
    smtp = await session_with(internet, "smtp_mute", timeout_s=0.3)

    assert (None, Failure.TIMEOUT) == (smtp.greeting_code, smtp.failure)


@pytest.mark.parametrize("behaviour", ["smtp_4xx", "smtp_5xx", "smtp_plain", "smtp_refuses_starttls"])
async def test_every_session_ends_with_quit(internet, behaviour):
    """Whatever a server rejects, the session ends with QUIT and never sends MAIL."""
    address = internet.address(behaviour, 6, 52)
    before = heard(internet, address)
    await session_with(internet, behaviour, n=52)

    words = await verbs(internet, address, before)
    assert ("QUIT", False) == (words[-1], "MAIL" in words)


async def test_a_multiline_greeting_is_one_text(internet):
    """The lines of a greeting are joined by line feeds, without their codes."""
    smtp = await session_with(internet, "smtp_multiline")

    assert ["Unsolicited mail is not welcome.", "Go ahead"] == smtp.greeting.split("\n")[1:]


async def talk_to(script, context=None, timeout_s=2.0):
    """Run one session with a server that sends one item of its script before each line it reads; return both sides."""
    heard = []

    async def talk(reader, writer):
        for octets in script:
            writer.write(octets)
            heard.append(await reader.readline())

    async with tcp_server(talk) as address:
        smtp = await session(address, context, timeout_s)
    return smtp, heard


async def session(address, context, timeout_s):
    """Run one session."""
    with socket.create_connection(address) as connected:
        connected.setblocking(False)
        return await converse(connected, timeout_s=timeout_s, hello_name=HELLO, tls_context=context)


async def test_ehlo_has_the_contact_name(context):
    """EHLO carries the contact name."""
    _, heard = await talk_to([b"220 ready\r\n", b"250 hello\r\n", b"221 bye\r\n"], context)

    assert [b"EHLO crawler.example\r\n", b"QUIT\r\n"] == heard[:2]


EHLO = b"250-hello\r\n250 STARTTLS\r\n"


@pytest.mark.parametrize(
    ("replies", "hello", "starttls", "failure"),
    [
        ([b"421 later\r\n"], None, None, Failure.SERVICE_UNAVAILABLE),
        ([b"500 what?\r\n", b"421 later\r\n"], None, None, Failure.SERVICE_UNAVAILABLE),
        ([EHLO, b"421 later\r\n"], "EHLO", Starttls.REFUSED, Failure.SERVICE_UNAVAILABLE),
        ([b"450 no\r\n"], None, None, Failure.HELLO_REFUSED),
        ([b"354 go ahead\r\n"], None, None, Failure.HELLO_REFUSED),
        ([b"500 what?\r\n", b"500 what?\r\n"], None, None, Failure.HELLO_REFUSED),
        ([b"550 no\r\n", b"451 no\r\n"], None, None, Failure.HELLO_REFUSED),
        ([EHLO, b"454 not now\r\n"], "EHLO", Starttls.REFUSED, None),
    ],
)
async def test_a_rejection_has_a_specific_failure(context, replies, hello, starttls, failure):
    """Whatever a server rejects, the session ends with QUIT, and its failure names what was rejected."""
    smtp, heard = await talk_to([b"220 ready\r\n", *replies, b"221 bye\r\n"], context)

    assert (220, hello, starttls, failure) == (smtp.greeting_code, smtp.hello, smtp.starttls, smtp.failure)
    assert b"QUIT\r\n" == heard[len(replies)]


@pytest.mark.parametrize("nonsense", [b"hello there\r\n", b"\xff\xfe\x00\n", b"250-" + b"x" * 5000, b"250-x\r\n" * 200])
@pytest.mark.parametrize(
    ("replies", "hello"), [([], None), ([b"500 what?\r\n"], None), ([EHLO], "EHLO")], ids=["EHLO", "HELO", "STARTTLS"]
)
async def test_malformed_replies_after_a_greeting_are_a_bad_reply(context, replies, hello, nonsense):
    """A server with a valid greeting speaks SMTP; a later reply may be malformed."""
    smtp, _ = await talk_to([b"220 ready\r\n", *replies, nonsense], context)

    assert (220, hello, None, Failure.BAD_REPLY) == (smtp.greeting_code, smtp.hello, smtp.starttls, smtp.failure)


async def test_a_malformed_reply_to_quit_is_not_a_failure():
    """The reply to QUIT does not matter."""
    smtp, _ = await talk_to([b"220 ready\r\n", b"250 hello\r\n", b"hello there\r\n"])

    assert ("EHLO", None) == (smtp.hello, smtp.failure)


@pytest.mark.parametrize("replies", [[], [b"500 what?\r\n"], [EHLO]], ids=["EHLO", "HELO", "STARTTLS"])
async def test_a_connection_closed_early_is_a_failure(context, replies):
    """A connection closed instead of a reply is `connection_closed`, and STARTTLS is unknown."""
    heard = iter((b"220 ready\r\n", *replies))

    async def talk(reader, writer):
        for octets in heard:
            writer.write(octets)
            await reader.readline()

    async with tcp_server(talk) as address:
        smtp = await session(address, context, 2.0)

    assert (220, None, Failure.CONNECTION_CLOSED) == (smtp.greeting_code, smtp.starttls, smtp.failure)


async def test_a_busy_server_is_not_asked_twice(context):
    """A temporary rejection of EHLO is followed by QUIT, not by HELO."""
    _, heard = await talk_to([b"220 ready\r\n", b"421 too busy\r\n", b"221 bye\r\n"], context)

    assert b"QUIT\r\n" == heard[1]


@pytest.mark.parametrize("line", [b"250-starttls\r\n250 SIZE 10\r\n", b"250-SIZE 10\r\n250 StartTLS\r\n"])
async def test_extensions_are_case_insensitive(context, line):
    """STARTTLS counts as offered on any line and in any case (RFC 5321 section 4.1.1.1)."""
    script = [b"220 ready\r\n", b"250-hello\r\n" + line, b"454 not now\r\n", b"221 bye\r\n"]

    assert Starttls.REFUSED == (await talk_to(script, context))[0].starttls


async def test_a_server_name_is_not_an_extension(context):
    """The first line of the reply to EHLO names the server, not an extension."""
    smtp, _ = await talk_to([b"220 ready\r\n", b"250 STARTTLS\r\n", b"221 bye\r\n"], context)

    assert Starttls.NOT_OFFERED == smtp.starttls


@pytest.mark.parametrize(
    "greeting",
    [
        b"\r\n",
        b"hello there\r\n",
        b"22 short\r\n",
        b"1234 long\r\n",
        b"999 no such code\r\n",
        b"220_odd\r\n",
        b"\xff\xfe\x00\n",
        b"x" * 100_000,
        b"220-" + b"x" * 5000 + b"\r\n220 x\r\n",
        b"220-more\r\n" * 200,
    ],
    ids=["empty", "words", "short", "long", "code", "separator", "binary", "no line", "long line", "many lines"],
)
async def test_invalid_replies_are_not_smtp(greeting):
    """Lines that are not replies, and replies beyond the size limit, end the session."""
    smtp, _ = await talk_to([greeting])

    assert (None, Failure.NOT_SMTP) == (smtp.greeting_code, smtp.failure)


async def test_invalid_octets_of_a_greeting_are_replaced():
    """Invalid UTF-8 and control characters become U+FFFD."""
    smtp, _ = await talk_to([b"220 caf\xc3\xa9 \xff \x1b[31m\x00\r\n", b"250 x\r\n", b"221 x\r\n"])

    assert "café \ufffd \ufffd[31m\ufffd" == smtp.greeting


async def test_a_long_greeting_is_cut():
    """500 characters of a greeting are stored."""
    smtp, _ = await talk_to([b"220 " + b"x" * 2000 + b"\r\n", b"250 x\r\n", b"221 x\r\n"])

    assert "x" * 500 == smtp.greeting


async def test_a_greeting_may_be_a_code_alone():
    """A reply may consist of its code (RFC 5321 section 4.2)."""
    smtp, _ = await talk_to([b"220\r\n", b"250\r\n", b"221\r\n"])

    assert (220, "", "EHLO", None) == (smtp.greeting_code, smtp.greeting, smtp.hello, smtp.failure)


async def test_a_reset_is_reported():
    """RST instead of a greeting is `connection_reset`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connected = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
        accepted.close()
        connected.setblocking(False)
        smtp = await converse(connected, timeout_s=2.0, hello_name=HELLO, tls_context=None)
        connected.close()

    assert Failure.CONNECTION_RESET == smtp.failure


async def test_a_connection_closed_at_quit_is_not_a_failure():
    """After QUIT no reply is needed."""
    smtp, _ = await talk_to([b"220 ready\r\n", b"250 hello\r\n"])

    assert ("EHLO", None) == (smtp.hello, smtp.failure)


async def test_a_slow_server_does_not_exceed_the_timeout(context):
    """The timeout applies to the whole session, not to each line."""

    async def drip(reader, writer):
        while not writer.is_closing():
            writer.write(b"2")
            await asyncio.sleep(0.05)

    began = time.monotonic()
    async with tcp_server(drip) as address:
        smtp = await session(address, context, timeout_s=0.4)
        took_s = time.monotonic() - began

    assert (Failure.TIMEOUT, True) == (smtp.failure, took_s < 1.0)


def test_the_context_accepts_old_servers(context):
    """Nothing is verified, and any version that OpenSSL supports is accepted."""
    names = {cipher["name"] for cipher in context.get_ciphers()}

    assert (False, 0) == (context.check_hostname, context.verify_mode)
    assert {"AES128-SHA", "TLS_AES_256_GCM_SHA384"} <= names
