"""scrapy serve, as it is typed."""

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

command = partial(typed.command, "serve")


@contextmanager
def serving(*arguments):
    """Run the command until it says where it serves; gives the process and the address."""
    process = subprocess.Popen(command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            found = re.match(r"Serving on (\S+), until Ctrl-C", process.stdout.readline())
            assert found, process.stderr.read()
            yield process, found[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(tmp_path, number):
    """
    Both APIs over a real socket; one line a request; a clean end.
    """
    url = summaries.sqlite(tmp_path)
    with serving("--port", 0, "-s", f"SUMMARY_URL={url}") as (process, address):
        statuses = [httpx.get(f"{address}{path}").status_code for path in ("json/hosts", "api/v1/crawls", "nothing")]
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert [200, 200, 404] == statuses
    assert address.startswith("http://127.0.0.1:")
    assert ["/json/hosts", "/api/v1/crawls", "/nothing"] == re.findall(r"INFO GET (\S+) \d+", errors)
    assert "Traceback" not in errors


def test_it_listens_where_it_is_told(tmp_path):
    """
    Also on IPv6, and reads the live database where there is one.
    """
    url = summaries.sqlite(tmp_path)
    settings = ("-s", "SUMMARY_URL=sqlite:////nowhere/staging.db", "-s", f"LIVE_URL={url}", "-s", "WEB_PORT=0")
    with serving("--host", "::1", *settings) as (_, address):
        assert address.startswith("http://[::1]:")
        assert 200 == httpx.get(f"{address}json/hosts").status_code


def test_it_starts_without_a_database(tmp_path):
    """
    And answers that there is none.
    """
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
def test_what_makes_no_sense_is_told(arguments, part, code):
    """
    A sentence that names the fault, and exit status 2.
    """
    ended = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)

    assert 2 == ended.returncode
    assert part in ended.stderr
    assert code in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_told():
    """
    With the mend.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command("--port", port), cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )

    assert 2 == ended.returncode
    assert f"127.0.0.1 port {port} (Address already in use)" in ended.stderr
    assert "PORT_NOT_AVAILABLE" in ended.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_part_of_an_answer_waits_for_another(host):
    """
    Connections have TCP_NODELAY: headers and body are sent apart, and a client may be slow to acknowledge.
    """
    with module._listen(host, 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_other_commands_do_not_carry_the_website():
    """
    Scrapy imports every command for each; FastAPI is loaded only when the website is served.
    """
    script = "import sys, ipv6matrix.commands.serve; print('fastapi' in sys.modules, 'uvicorn' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "False False\n" == ended.stdout
