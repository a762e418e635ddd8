"""nginx and Apache in front of the website, with the settings of deploy/."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest

from tests.deploy.test_files import PATH, run
from tests.deploy.units import DEPLOY
from tests.web import client, summaries
from tests.web.server import serving

MODULES = "/usr/lib/apache2/modules"
APACHE_MODULES = ("mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk", "headers")
READY_WITHIN_S = 20


@pytest.fixture(scope="module")
def website(tmp_path_factory):
    """The website itself, behind the web server."""
    with serving(client.create_app(summaries.sqlite(tmp_path_factory.mktemp("summaries")), "/nowhere")) as url:
        yield url


@pytest.fixture(scope="module")
def nginx(website, tmp_path_factory):
    """nginx in front of it; yields its URL."""
    place = tmp_path_factory.mktemp("nginx")
    port = _free_port()
    with _running("nginx", *_nginx_words(place, port, website), "-g", "daemon off;", port=port):
        yield f"http://127.0.0.1:{port}"


def _nginx_words(place, port, website):
    """
    Write the sample with ports and folders of a test, and the file that includes it; return the arguments of nginx.
    """
    site = (DEPLOY / "nginx/ipv6matrix.conf").read_text()
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("listen [::]:80;", f"listen [::1]:{port};")
    site = site.replace("http://127.0.0.1:8000", website).replace("/var/cache/nginx", str(place))
    (place / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {place}/{kind};\n" for kind in kinds)
    # The namespace of a test lacks the user of the workers.
    user = "user root;" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(
        f"pid {place}/pid; error_log {place}/error.log; {user} events {{}}\n"
        f"http {{ access_log off; {folders} include {place}/site.conf; }}\n"
    )
    return "-c", str(place / "nginx.conf"), "-e", f"{place}/error.log"


@pytest.fixture(scope="module")
def apache(website, tmp_path_factory):
    """Apache in front of it; yields its URL."""
    place = tmp_path_factory.mktemp("apache")
    port = _free_port()
    (place / "cache").mkdir()
    site = (DEPLOY / "apache/ipv6matrix.conf").read_text().replace("*:80", f"*:{port}")
    site = site.replace("http://127.0.0.1:8000", website).replace("/var/cache/apache2/mod_cache_disk", f"{place}/cache")
    modules = "".join(f"LoadModule {module}_module {MODULES}/mod_{module}.so\n" for module in APACHE_MODULES)
    (place / "apache.conf").write_text(
        f"ServerRoot {place}\nPidFile {place}/pid\nErrorLog {place}/error.log\nDefaultRuntimeDir {place}\n"
        f"ServerName localhost\nListen 127.0.0.1:{port}\n{modules}{site}"
    )
    with _running("apache2", "-D", "FOREGROUND", "-f", str(place / "apache.conf"), port=port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(params=["nginx", "apache"])
def front(request):
    """Both, one after the other."""
    return request.getfixturevalue(request.param)


def test_nginx_accepts_its_settings(tmp_path):
    """`nginx -t` reports nothing."""
    status, output = run("nginx", "-t", *_nginx_words(tmp_path, _free_port(), "http://127.0.0.1:8000"))

    assert 0 == status, output


def test_each_host_label_has_its_format(front):
    """json.example.org and csv.example.org have different answers to one path, also from the cache."""
    hosts = [label + ".example.org" for label in ("json", "csv", "xml") * 2]

    types = [_get(front, "/hosts", host).headers["content-type"].partition(";")[0] for host in hosts]

    assert ["application/json", "text/csv", "application/xml"] * 2 == types


def test_a_repeated_request_is_served_from_the_cache(front):
    """The second answer is the same, and the website receives no request for it."""
    answers = [_get(front, "/api/v1/crawls") for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert answers[1].headers["x-cache"].startswith("HIT")


def test_an_unchanged_answer_is_304(front):
    """A request with the current ETag is answered with 304."""
    etag = _get(front, "/api/v1/tlds").headers["etag"]

    assert 304 == _get(front, "/api/v1/tlds", headers={"If-None-Match": etag}).status_code


def test_answers_are_compressed_for_clients_that_accept_it(front):
    """gzip for a client that accepts it and nothing for one that does not, in either order."""
    codings = [
        _get(front, "/api/v1/hosts?group=tld", headers={"Accept-Encoding": coding}).headers.get("content-encoding")
        for coding in ("gzip", "identity", "gzip")
    ]

    assert ["gzip", None, "gzip"] == codings


def test_a_fast_client_is_limited(nginx):
    """nginx answers 429 to requests beyond ten per second and a burst of fifty."""
    with httpx.Client(base_url=nginx, headers={"Host": "example.org"}) as hasty:
        statuses = [hasty.get("/icon.svg").status_code for _ in range(150)]

    assert 429 in statuses
    # Earlier tests may have used a part of the burst.
    assert 429 not in statuses[:30]


def _get(url, path, host="example.org", headers=None):
    # Each test decides about compression and conditional requests.
    return httpx.get(url + path, headers={"Host": host, "Accept-Encoding": "identity", **(headers or {})}, timeout=20)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def _running(program, *words, port):
    executable = shutil.which(program, path=PATH) or pytest.skip(f"{program} is not installed")
    with subprocess.Popen([executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            deadline = time.monotonic() + READY_WITHIN_S
            while process.poll() is None and time.monotonic() < deadline and not _listens(port):
                time.sleep(0.05)
            assert process.poll() is None, process.stdout.read()
            yield
        finally:
            process.terminate()


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
