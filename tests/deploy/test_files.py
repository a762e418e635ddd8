"""Log rotation, sysctls, users, resolver settings and the Containerfile, each checked by the program that reads it."""

from __future__ import annotations

import getpass
import grp
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.units import DEPLOY, environment
from tests.typed import ROOT

# Where Debian installs programs of administrators, outside the PATH of ordinary users.
PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def run(*words):
    """Run a program, or skip the test if it is not installed."""
    program = shutil.which(words[0], path=PATH) or pytest.skip(f"{words[0]} is not installed")
    result = subprocess.run([program, *words[1:]], capture_output=True, text=True, check=False, timeout=60)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("name", ["unbound.conf", "unbound-ipv6only.conf"])
def test_unbound_accepts_its_settings(name):
    """unbound-checkconf reports nothing."""
    status, output = run("unbound-checkconf", DEPLOY / "resolver" / name)

    assert (0, "unbound-checkconf: no errors in") == (status, output.partition(str(DEPLOY))[0].strip())


def test_an_invalid_setting_of_unbound_is_found(tmp_path):
    """An invalid value is reported."""
    faulty = tmp_path / "unbound.conf"
    faulty.write_text((DEPLOY / "resolver/unbound.conf").read_text().replace("num-threads: 2", "num-treads: 2"))

    assert 1 == run("unbound-checkconf", faulty)[0]


@pytest.mark.parametrize("instance", [(), ("--config-name=ipv6only",)], ids=["recursor.conf", "recursor-ipv6only.conf"])
def test_powerdns_accepts_its_settings(instance):
    """The check of PowerDNS Recursor succeeds; version 5 also notes that the format is that of version 4."""
    assert 0 == run("pdns_recursor", f"--config-dir={DEPLOY / 'resolver'}", *instance, "--config=check")[0]


def test_an_invalid_setting_of_powerdns_is_found(tmp_path):
    """An unknown setting is reported."""
    (tmp_path / "recursor.conf").write_text((DEPLOY / "resolver/recursor.conf").read_text() + "dnssek=off\n")

    assert 0 != run("pdns_recursor", f"--config-dir={tmp_path}", "--config=check")[0]


def test_logs_are_rotated(tmp_path):
    """logrotate moves the old log, and the file of the crawl starts empty."""
    log, settings = tmp_path / "logs/crawl.log", tmp_path / "logrotate.conf"
    log.parent.mkdir()
    log.write_text("a line\n")
    owner = f"su {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name}"
    text = (DEPLOY / "logrotate/ipv6matrix").read_text().replace("su ipv6matrix ipv6matrix", owner)
    settings.write_text(text.replace("/var/log/ipv6matrix", str(log.parent)))

    looked_at = run("logrotate", "--debug", "--state", tmp_path / "state", settings)
    rotated = run("logrotate", "--force", "--state", tmp_path / "state", settings)

    assert (0, 0) == (looked_at[0], rotated[0]), rotated
    assert "error" not in looked_at[1]
    assert ("a line\n", "") == ((log.parent / "crawl.log.1").read_text(), log.read_text())


def test_logrotate_and_the_crawl_use_the_same_log():
    """logrotate reads the path of the crawl's LOG_FILE."""
    pattern = re.search(r"^(\S+) \{$", (DEPLOY / "logrotate/ipv6matrix").read_text(), re.MULTILINE)[1]

    assert Path(environment("crawl.env")["LOG_FILE"]).match(pattern)


def test_sysctls_exist_in_this_kernel():
    """Each sysctl has a file below /proc/sys, except global ones that a namespace does not show."""
    lines = (DEPLOY / "sysctl.d/60-ipv6matrix.conf").read_text().splitlines()
    names = [line.split(" = ")[0] for line in lines if line and not line.startswith("#")]

    assert "net.ipv4.ping_group_range" in names
    assert [] == [
        name
        for name in names
        if not name.startswith("net.core.") and not Path("/proc/sys", name.replace(".", "/")).exists()
    ]


def test_systemd_creates_the_user(tmp_path):
    """systemd-sysusers creates the user of the units, without a shell."""
    (tmp_path / "etc").mkdir()

    status, output = run("systemd-sysusers", f"--root={tmp_path}", DEPLOY / "sysusers.d/ipv6matrix.conf")

    assert 0 == status, output
    assert re.search(
        r"^ipv6matrix:.*:/var/lib/ipv6matrix:\S*nologin$", (tmp_path / "etc/passwd").read_text(), re.MULTILINE
    )


def test_the_containerfile_copies_existing_files():
    """Each source that the Containerfile copies exists, and its last user is not root."""
    lines = (DEPLOY / "Containerfile").read_text().splitlines()

    sources = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]

    assert ["constraints.txt", "scrapy.cfg", "ipv6matrix"] == sources
    assert all((ROOT / source).exists() for source in sources)
    assert ["USER ipv6matrix"] == [line for line in lines if line.startswith("USER ")]
