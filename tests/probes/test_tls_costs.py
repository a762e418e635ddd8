"""TLS with servers that make it expensive: real ones, in threads, so that their own time does not count."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import secrets
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ipv6matrix.items import Failure, Starttls
from ipv6matrix.probes import tcp
from ipv6matrix.probes.channel import MAX_TLS_BYTES, Channel, TlsError, tls_context
from ipv6matrix.probes.tcp import TcpProber
from simnet import certificate
from tests.probes.talking import tcp_server
from tests.probes.waiting import until

# Limit of the loop's own processor time for a session, in seconds. An ordinary one takes some 2 ms, the costly ones a
# second.
FEW_S = 0.05
# The largest finite field that this OpenSSL offers: from 3.5 on, those of RFC 7919 above 3072 bits are left out.
LARGEST_GROUP = "ffdhe8192" if ssl.OPENSSL_VERSION_INFO < (3, 5) else "ffdhe3072"
# Two Mersenne primes: a key of 14,364 bits without a search for primes.
HUGE_PRIMES = (2**9941 - 1, 2**4423 - 1)


def self_signed(key, path):
    """Return a certificate for any key, in one file with it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "costly.example")])
    dates = (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, *dates).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def huge_key():
    """Return an RSA key that is slow to use."""
    p, q = HUGE_PRIMES
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(65537, p * q)
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def field(bits, path):
    """Return parameters of a finite field of this many bits, which need not be prime (PKCS #3)."""
    numbers = b""
    for number in (secrets.randbits(bits) | 1 << (bits - 1) | 1, 2):
        octets = number.to_bytes(number.bit_length() // 8 + 1)
        numbers += b"\x02\x82" + len(octets).to_bytes(2) + octets
    text = base64.encodebytes(b"\x30\x82" + len(numbers).to_bytes(2) + numbers).decode()
    path.write_text(f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n")
    return path


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """Return an RSA key with its certificate."""
    return self_signed(rsa.generate_private_key(65537, 2048), tmp_path_factory.mktemp("costs") / "rsa.pem")


def finite_field_context(pem, bits, folder):
    """Return the context of a server that supports only DHE over its own field."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pem)
    context.set_ciphers("kDHE:@SECLEVEL=0")
    context.load_dh_params(field(bits, folder / f"{bits}.pem"))
    return context


@contextlib.contextmanager
def mail_server(context):
    """Yield the port of a mail server with STARTTLS, in a separate thread, and its number of connections."""
    sessions = []

    def talk(accepted):
        with accepted, contextlib.suppress(OSError):
            accepted.sendall(b"220 ready\r\n")
            accepted.recv(1000)
            accepted.sendall(b"250-hello\r\n250 STARTTLS\r\n")
            accepted.recv(1000)
            accepted.sendall(b"220 go\r\n")
            with context.wrap_socket(accepted, server_side=True) as tls:
                tls.recv(1000)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                sessions.append(server.accept()[0])
                talk(sessions[-1])

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], sessions
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


async def session_with(context, monkeypatch):
    """Probe port 25 once; return the result, the processor time of this thread, and the number of connections."""
    with mail_server(context) as (port, sessions):
        monkeypatch.setattr(tcp, "SMTP_PORT", port)
        prober = TcpProber()
        began = time.thread_time()
        observation = await prober.probe("127.0.0.1", (port,), starttls=True)
        took_s = time.thread_time() - began
    return observation.smtp, took_s, len(sessions)


async def test_a_server_with_only_finite_fields_is_measured(monkeypatch, pem, tmp_path):
    """A second session offers what the first left out, and records the facts of the server."""
    smtp, _, sessions = await session_with(finite_field_context(pem, 2048, tmp_path), monkeypatch)

    assert (Starttls.ACCEPTED, "TLSv1.2", None, 2) == (smtp.starttls, smtp.tls_version, smtp.failure, sessions)
    assert "CN=costly.example" == smtp.certificate.subject


async def test_a_field_of_six_thousand_bits_does_not_block_the_loop(monkeypatch, pem, tmp_path):
    """Key exchange over a finite field is computed outside the loop, if at all."""
    smtp, took_s, _ = await session_with(finite_field_context(pem, 6000, tmp_path), monkeypatch)

    assert Starttls.ACCEPTED == smtp.starttls
    assert took_s < FEW_S


async def test_a_huge_key_does_not_block_the_loop(monkeypatch, tmp_path):
    """A certificate with a key of 14,364 bits is verified outside the loop, and its facts are recorded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(huge_key(), tmp_path / "huge.pem"))
    smtp, took_s, sessions = await session_with(context, monkeypatch)

    assert (Starttls.ACCEPTED, "TLSv1.3", 1) == (smtp.starttls, smtp.tls_version, sessions)
    assert took_s < FEW_S


@pytest.mark.parametrize(("length", "failure"), [(100, None), (1000, Failure.TLS_FAILED)])
async def test_a_chain_of_certificates_has_a_limit(monkeypatch, pem, tmp_path, length, failure):
    """A chain of more than 100 kB is a failed handshake, a shorter one is read outside the loop."""
    own = pem.read_text()
    endless = tmp_path / "chain.pem"
    endless.write_text(own + own[own.index("-----BEGIN CERT") :] * length)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(endless)
    smtp, took_s, _ = await session_with(context, monkeypatch)

    assert (Starttls.ACCEPTED, failure) == (smtp.starttls, smtp.failure)
    assert took_s < FEW_S


async def test_a_slow_handshake_ends_with_the_session(monkeypatch):
    """A server that sends single octets slowly does not exceed the timeout of the session."""

    class Dripping:
        def wrap_socket(self, accepted, **_):
            for octet in bytes.fromhex("1603030400020003fc0303") + bytes(1000):
                accepted.sendall(bytes((octet,)))
                time.sleep(0.005)
            return accepted

    with mail_server(Dripping()) as (port, _):
        monkeypatch.setattr(tcp, "SMTP_PORT", port)
        observation = await TcpProber(smtp_timeout_s=0.5).probe("127.0.0.1", (port,), starttls=True)

    assert (Starttls.ACCEPTED, Failure.TIMEOUT) == (observation.smtp.starttls, observation.smtp.failure)


async def test_a_server_without_a_certificate_has_tls(monkeypatch):
    """Anonymous key exchange is TLS without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    smtp, _, _ = await session_with(context, monkeypatch)

    assert ("TLSv1.2", None, None) == (smtp.tls_version, smtp.certificate, smtp.failure)


def listens(address):
    """Return whether a server accepts connections."""
    with socket.socket() as sock:
        return sock.connect_ex(address) == 0


@pytest.mark.skipif(not shutil.which("openssl"), reason="only its server can be told which groups to take")
async def test_the_largest_group_of_tls_1_3_does_not_block_the_loop(tmp_path):
    """A server may demand ffdhe8192 (RFC 7919), which takes more than 100 ms with OpenSSL before 3.5."""
    certificate.write(tmp_path / "mail.pem")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = unused.getsockname()
    words = ("-cert", "mail.pem", "-key", "mail.pem", "-tls1_3", "-groups", LARGEST_GROUP, "-quiet")
    command = ["openssl", "s_server", "-accept", f"{address[0]}:{address[1]}", *words]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as server:  # noqa: ASYNC220
        try:
            await until(lambda: listens(address))
            with socket.create_connection(address) as connected:
                connected.setblocking(False)
                began = time.thread_time()
                tls = await Channel(connected).start_tls(tls_context())
                took_s = time.thread_time() - began
        finally:
            server.kill()

    assert ("TLSv1.3", True) == (tls.version(), took_s < FEW_S)


# Records that OpenSSL accepts without end before a handshake is over, or that make it read on.
FLOODS = {
    "warnings": bytes.fromhex("1503010002015a"),
    "empty records": bytes.fromhex("1603010000"),
    "a message that never ends": bytes.fromhex("1603014000" + "02ffffff") + bytes(0x4000 - 4),
    "requests for another handshake": bytes.fromhex("160301000400000000"),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_a_flood_of_records_ends(flood):
    """A server that floods a handshake with records has a limit, in octets and in loop time."""

    async def talk(reader, writer):
        await reader.read(1000)
        with contextlib.suppress(OSError):
            for _ in range(MAX_TLS_BYTES // len(flood) + 1000):
                writer.write(flood)
            await writer.drain()

    async with tcp_server(talk) as address:
        with socket.create_connection(address) as connected:
            connected.setblocking(False)
            with pytest.raises(TlsError):
                await Channel(connected).start_tls(tls_context())


def test_renegotiation_is_disabled():
    """Renegotiation would let a server request one handshake after another."""
    assert ssl.OP_NO_RENEGOTIATION in tls_context().options


def test_finite_fields_are_the_last_resort():
    """The first session offers no key exchange over server-chosen fields; the second offers nothing else."""
    first = {cipher["kea"] for cipher in tls_context().get_ciphers()}
    second = {cipher["kea"] for cipher in tls_context(finite_fields=True).get_ciphers()}

    assert "kx-dhe" not in first
    assert {"kx-dhe", "kx-any"} == second


async def test_a_server_that_breaks_tls_gets_no_second_session(monkeypatch, pem):
    """Only a rejected offer is followed by another one."""

    class Broken:
        def wrap_socket(self, accepted, **_):
            accepted.sendall(b"this is no TLS record\r\n")
            return accepted

    smtp, _, sessions = await session_with(Broken(), monkeypatch)

    assert (Failure.TLS_FAILED, 1) == (smtp.failure, sessions)
