"""The command `scrapy serve`."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from ipv6matrix.commands import serve as module
from tests import typed
from tests.typed import ROOT
from tests.web import summaries

pytestmark = pytest.mark.crawl

command = partial(typed.command, "serve")


@contextmanager
def serving(*arguments):
    """Run the command until it listens; yield the process and the URL."""
    process = subprocess.Popen(command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            match = re.match(r"Serving on (\S+), until Ctrl-C", process.stdout.readline())
            assert match, process.stderr.read()
            yield process, match[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_website_is_served_until_a_signal(tmp_path, number):
    """Both APIs work over a real socket, each request has one log line, and the process exits cleanly."""
    url = summaries.sqlite(tmp_path)
    with serving("--port", 0, "-s", f"SUMMARY_URL={url}") as (process, address):
        statuses = [httpx.get(f"{address}{path}").status_code for path in ("json/hosts", "api/v1/crawls", "nothing")]
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert [200, 200, 404] == statuses
    assert address.startswith("http://127.0.0.1:")
    assert ["/json/hosts", "/api/v1/crawls", "/nothing"] == re.findall(r"INFO GET (\S+) \d+", errors)
    assert "Traceback" not in errors


def test_address_and_port_are_options(tmp_path):
    """IPv6 works too, and the live database is used where there is one."""
    url = summaries.sqlite(tmp_path)
    settings = ("-s", "SUMMARY_URL=sqlite:////nowhere/staging.db", "-s", f"LIVE_URL={url}", "-s", "WEB_PORT=0")
    with serving("--host", "::1", *settings) as (_, address):
        assert address.startswith("http://[::1]:")
        assert 200 == httpx.get(f"{address}json/hosts").status_code


def test_the_website_starts_without_a_database(tmp_path):
    """The answer says that there is none."""
    with serving("--port", 0, "-s", f"SUMMARY_URL=sqlite:///{tmp_path / 'none.db'}") as (_, address):
        assert 503 == httpx.get(f"{address}api/v1/crawls").status_code

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "part", "code"),
    [
        (("--port", "http"), "WEB_PORT='http'", "SETTING_INVALID"),
        (("--host", ""), "WEB_HOST", "SETTING_INVALID"),
        (("--host", "nosuch.invalid"), "nosuch.invalid port 8000", "PORT_NOT_AVAILABLE"),
        (("--host", "192.0.2.1"), "192.0.2.1 port 8000", "PORT_NOT_AVAILABLE"),
        (("-s", "SUMMARY_URL=matrix"), "SUMMARY_URL='matrix'", "SETTING_INVALID"),
        (("-s", "SUMMARY_URL=nosuch://x/y"), "SUMMARY_URL", "nosuch"),
        (("-s", "SUMMARY_URL="), "SUMMARY_URL", "mysql+mysqlconnector://"),
        (("more",), "serve", "ARGUMENT_INVALID"),
    ],
)
def test_invalid_arguments_are_reported(arguments, part, code):
    """An error that names the problem, and exit status 2."""
    ended = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)

    assert 2 == ended.returncode
    assert part in ended.stderr
    assert code in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_reported():
    """The error names the fix."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command("--port", port), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )

    assert 2 == ended.returncode
    assert f"127.0.0.1 port {port} (Address already in use)" in ended.stderr
    assert "PORT_NOT_AVAILABLE" in ended.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_nagles_algorithm_is_disabled(host):
    """
    Connections have TCP_NODELAY: headers and body are sent separately, and a client may delay its acknowledgements.
    """
    with module._listen(host, 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_other_commands_do_not_load_the_website():
    """Scrapy imports every command for each; FastAPI is loaded only when the website is served."""
    script = "import sys, ipv6matrix.commands.serve; print('fastapi' in sys.modules, 'uvicorn' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "False False\n" == ended.stdout
