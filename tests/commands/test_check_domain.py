"""scrapy check-domain, which is `ipv6matrix check`, in the simulated Internet."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from ipv6matrix.readiness.levels import Level
from tests import typed
from tests.cli.test_main import options, run
from tests.expected import Expected
from tests.readiness.true_verdicts import TrueVerdicts
from tests.waiting import until

pytestmark = pytest.mark.crawl

# Domains of the levels 0, 1, 2, 3 and 5+, as people type them.
TYPED = {
    "amber-farm-64.com.br": "amber-farm-64.com.br",
    "ipv4-only.example": "IPv4-Only.EXAMPLE.",
    "granite-farm-70.com": "granite-farm-70.com",
    "port25-closed.example": "http://port25-closed.example:8080/index.html",
    "open.example": "https://www.OPEN.example/",
}
CONTACT = "https://crawler.example/about"


def check(internet, tmp_path, *words, **settings):
    """Run the command with an empty folder for temporary files and no GeoIP files."""
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    chosen = (
        internet.settings() | {"GEOIP_CITY_DB": "", "GEOIP_ASN_DB": "", "GEOIP_DIR": tmp_path / "no-geoip"} | settings
    )
    environment = os.environ | {"TMPDIR": str(scratch), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    ended = typed.run("check-domain", *words, timeout_s=300, environment=environment, **chosen)
    assert [] == list(scratch.iterdir())
    return ended


def test_verdicts_and_levels_are_those_of_the_truth(internet, tmp_path):
    """The report about domains of different levels agrees with the scenario; nothing is left behind."""
    page = tmp_path / "report.html"
    host, port = internet.resolver_without_ipv4
    words = (*TYPED.values(), "--json", "--html", page, "--fail-under", "2")

    ended = check(internet, tmp_path, *words, NAMESERVERS6=f"[{host}]:{port}")

    reports = {report["domain"]: report for report in json.loads(ended.stdout)}
    assert list(TYPED) == list(reports)
    truth = TrueVerdicts(Expected(internet.scenario), reports["open.example"]["basis"])
    for name, report in reports.items():
        assert truth.words(name) == {verdict["service"]: verdict["value"] for verdict in report["services"]}
        assert name in page.read_text()
    assert [0, 1, 2, 3, Level.WITH_CONTENT] == [Level.parse(report["level"]["certain"]) for report in reports.values()]
    assert 4 == ended.returncode


def test_the_report_is_readable_on_a_terminal(internet, tmp_path):
    """The text has level, services, reasons with advice, and addresses of both families."""
    ended = check(
        internet, tmp_path, "port25-closed.example", "--fail-under", "3", METRICS="ping,tcp80,tcp443,tcp25,tls"
    )

    assert 0 == ended.returncode, ended.stderr
    for text in (
        "port25-closed.example",
        "level 3",
        "Website",
        "refuses connections to port 25",
        "→ ",
        "2001:db8:103::3",
    ):
        assert text in ended.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [((), "ARGUMENT_MISSING"), (("two words",), "ARGUMENT_INVALID"), (("open.example",), "CONTACT_MISSING")],
)
def test_what_cannot_be_tested_ends_before_anything_is_sent(internet, tmp_path, words, code):
    """Without a domain, with something else, or without a contact, the command ends with exit status 2."""
    ended = check(internet, tmp_path, *words, PROBE_ALLOWED_NETWORKS="")

    assert 2 == ended.returncode
    assert f"[{code}]" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_test_leaves_nothing_behind(internet, tmp_path, number):
    """After an interrupt, or when the terminal closes, the temporary folder is removed; the exit status is 1."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    # Its traces take long enough.
    words = typed.command("check-domain", "dead.example", **internet.settings())
    process = subprocess.Popen(words, cwd=typed.ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    until(lambda: any(tmp_path.rglob("ips.db")), within_s=60)
    process.send_signal(number)
    process.communicate(timeout=60)

    assert (1, []) == (process.returncode, list(tmp_path.iterdir()))


def test_the_contact_is_asked_for_once(internet, tmp_path):
    """On a terminal the command asks for the contact, and remembers it for the next time."""
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config"), "TERM": "dumb"}
    chosen = internet.settings() | {"PROBE_ALLOWED_NETWORKS": "", "METRICS": "ping", "FEATURES": "NS"}
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        typed.command("check-domain", "open.example", "--json", **chosen),
        cwd=typed.ROOT,
        env=environment,
        stdin=end,
        stderr=end,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(end)
    os.write(terminal, f"{CONTACT}\n".encode())
    output, _ = process.communicate(timeout=120)
    os.close(terminal)

    assert 0 == process.returncode
    assert "open.example" == json.loads(output)[0]["domain"]
    assert CONTACT == (tmp_path / "config/ipv6matrix/contact").read_text().strip()
    again = check(
        internet, tmp_path, "open.example", "--json", PROBE_ALLOWED_NETWORKS="", METRICS="ping", FEATURES="NS"
    )
    assert 0 == again.returncode, again.stderr


def test_check_is_the_short_name(internet, tmp_path):
    """`ipv6matrix check` is this command; that of Scrapy is only hidden there."""
    settings = internet.settings() | {"METRICS": "ping", "FEATURES": "NS"}

    ended = run(tmp_path, "check", "open.example", "--json", *options(settings))

    assert "open.example" == json.loads(ended.stdout)[0]["domain"]
    listed = subprocess.run(
        [sys.executable, "-m", "scrapy", "check", "--list"], cwd=typed.ROOT, capture_output=True, check=False
    )
    assert 0 == listed.returncode
