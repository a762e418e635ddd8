"""Limits of the HTTP server, over real sockets."""

from __future__ import annotations

import logging
import resource
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest

from ipv6matrix.web import server
from ipv6matrix.web.server import OncePerMinute, Protocol
from tests.typed import ROOT
from tests.web import client, summaries
from tests.web.server import serving

HALF = b"GET /about HTTP/1.1\r\nHost: a\r\nX-Slow: "


def connect(url):
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def is_closed(connection):
    connection.settimeout(0.05)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


@contextmanager
def impatient(monkeypatch, app, **limits):
    for name, value in limits.items():
        monkeypatch.setattr(server, name, value)
    with serving(app) as url:
        yield url


def test_a_header_has_a_time_limit(monkeypatch, sqlite_app):
    """Headers have a time limit: if nothing arrives, if they arrive slowly, and on a reused connection."""
    whole = HALF + b"x\r\n\r\n"
    with impatient(monkeypatch, sqlite_app, HEADER_S=0.3) as url:
        for begun in (b"", HALF, whole + HALF):
            with connect(url) as connection:
                connection.sendall(begun)
                until, ended = time.monotonic() + 20, False
                while not ended and time.monotonic() < until:
                    try:
                        connection.settimeout(0.05)
                        ended = connection.recv(65_536) == b""
                    except TimeoutError:
                        if begun:
                            connection.sendall(b"y")
                    except ConnectionError:
                        ended = True
                assert ended, begun
        assert 200 == httpx.get(f"{url}/about").status_code


def test_half_open_connections_shut_nobody_out(monkeypatch, sqlite_app):
    """The longest waiting idle connection is closed for a new one; those with a request stay."""
    monkeypatch.setattr(Protocol, "most_connections", 10)
    with serving(sqlite_app) as url, ExitStack() as stack, httpx.Client() as browser:
        assert 200 == browser.get(f"{url}/about").status_code
        halves = [stack.enter_context(connect(url)) for _ in range(40)]
        for half in halves:
            with suppress(ConnectionError):
                half.sendall(HALF)
        assert [200, 200] == [httpx.get(f"{url}/about").status_code, browser.get(f"{url}/about").status_code]
        assert 30 <= sum(map(is_closed, halves))


def test_a_client_that_takes_nothing_is_cut_off(monkeypatch, sqlite_url):
    """The place of a client that does not read becomes free."""
    app = client.create_app(sqlite_url)
    with impatient(monkeypatch, app, STALLED_S=0.3) as url:
        monkeypatch.setattr("ipv6matrix.web.v1.tables._parts", lambda *_: iter([b"x" * 100_000] * 1_000))
        with ExitStack() as stack:
            for _ in range(4):
                connection = stack.enter_context(connect(url))
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                connection.sendall(b"GET /api/v1/tables/hosts.csv HTTP/1.1\r\nHost: a\r\n\r\n")
            until = time.monotonic() + 20
            while (status := httpx.get(f"{url}/api/v1/tables/penetration.csv").status_code) == 503:
                assert time.monotonic() < until
        assert 200 == status


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_http_1_0_client_learns_how_long_a_download_is(server_url, suffix):
    """A download over HTTP/1.0 has a Content-Length, so that truncation is noticed."""
    with connect(server_url) as connection:
        connection.sendall(f"GET /api/v1/tables/domains.{suffix} HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])

    assert len(body) == int(headers[b"content-length"])
    assert b"content-encoding" not in headers


def test_a_message_that_repeats_itself_is_logged_once():
    """Repeated messages are logged once; others, and each request, are logged."""
    once = OncePerMinute()

    def record(level, text, name="asyncio"):
        return logging.LogRecord(name, level, "", 1, text, (), None)

    refused = [record(logging.ERROR, "socket.accept() out of system resource") for _ in range(1_000)]
    assert 1 == sum(map(once.filter, refused))
    assert once.filter(record(logging.ERROR, "something else"))
    broken = [record(logging.ERROR, "Request failed") for _ in range(4)]
    for number, message in enumerate(broken):
        message.exc_info = (ValueError, ValueError(f"fault {number % 2}"), None)
    assert [True, True, False, False] == [once.filter(message) for message in broken]
    assert 9 == sum(once.filter(record(logging.INFO, "GET / 200")) for _ in range(9))


@pytest.mark.crawl
def test_the_limit_of_files_is_raised():
    """The limit of open files is raised as far as allowed; connections fit into it."""
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 900));"
        "from ipv6matrix.web.server import Protocol, prepare; prepare();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], Protocol.most_connections)"
    )
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 900
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "900 700\n" == ended.stdout


@pytest.mark.crawl
def test_several_workers_share_a_read_model(tmp_path):
    """Workers of `python -m ipv6matrix.web.server`, as the unit starts it, share a read model."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    values = {"IPV6MATRIX_SUMMARY_URL": summaries.sqlite(tmp_path), "IPV6MATRIX_OUTPUT_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "ipv6matrix.web.server", "--port", str(port), "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, env=values, stderr=subprocess.PIPE, text=True)
    try:
        until, status = time.monotonic() + 120, 0
        while status != 200 and time.monotonic() < until:
            with ExitStack() as stack:
                try:
                    status = stack.enter_context(httpx.Client()).get(f"http://127.0.0.1:{port}/json/hosts").status_code
                except httpx.TransportError:
                    time.sleep(0.2)
        assert 200 == status
        assert 1 == len(list((tmp_path / "read-model").glob("*.duckdb")))
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
