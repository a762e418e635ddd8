"""
The commands in documents: which are run as they are, which another test runs, which cannot be run.

In a document an indented block, and a block fenced as `sh`, is a command
line; everything else is fenced as what it is.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from simnet.topology import RESOLVER_ADDRESS
from tests.docs.texts import PROJECT, without_fences

# Run as they are, with a word of their output.
RUN: Final = {
    "mkdir -p crawls": "",
    "head -n 1000 domains.txt > thousand.txt": "",
    "touch crawls/optout.txt": "",
    "tail -n 3 crawls/crawl.log": "Results: crawls/ips-",
    "grep -E 'WARNING|ERROR' crawls/crawl.log": "WARNING: ",
    "cat /proc/sys/net/ipv4/ping_group_range": "0",
    "ulimit -Hn": "",
    "ip -4 route get 198.41.0.4": " src 198.18.",
    "ip -6 route get 2001:503:ba3e::2:30": " src 2001:db8:",
    "make *": "",
    ".venv/bin/scrapy version": "Scrapy ",
    ".venv/bin/scrapy list": "matrix",
    ".venv/bin/scrapy * --help": "Options",
    ".venv/bin/scrapy settings *": "50",
    ".venv/bin/scrapy geoip update": "DBIP-City-Lite",
    ".venv/bin/scrapy geoip update -s GEOIP_ACCOUNT_ID=*": "GeoLite2-City",
    ".venv/bin/scrapy geoip": "city.mmdb",
    ".venv/bin/scrapy lists update tranco": "tranco-K2XYW.csv",
    ".venv/bin/scrapy lists": "No lists yet",
    ".venv/bin/scrapy optout add *": "is opted out",
    ".venv/bin/scrapy optout list*": "no entries",
    ".venv/bin/scrapy crawl matrix -a domains=*": "Results: crawls/ips-",
    ".venv/bin/scrapy status": "crawls/current",
    ".venv/bin/scrapy summary": "hosts with an address",
    ".venv/bin/scrapy report": "crawls/report-",
    ".venv/bin/scrapy export parquet": "crawls/parquet/",
    ".venv/bin/scrapy export summary": "summary of ",
    ".venv/bin/scrapy promote --check": "HostData",
    ".venv/bin/scrapy promote": "are live in ",
}
# Run until they are stopped, with the output that shows that they are ready.
SERVERS: Final = {
    ".venv/bin/scrapy serve*": "Serving on http://127.0.0.1:8000/",
    "IPV6MATRIX_SUMMARY_URL=* .venv/bin/uvicorn ipv6matrix.web.app:app *": "Uvicorn running on http://127.0.0.1:8000",
}
# Requested from the running website, with a word of the answer.
ASKED: Final = {
    "curl 'http://127.0.0.1:8000/api/v1/*": '"ipv6_share"',
    "curl 'http://127.0.0.1:8000/csv/*": "country",
    "curl http://127.0.0.1:8000/healthz": '"read_model"',
}
_SCRAPYD: Final = "tests/test_scrapyd.py::test_a_crawl_is_started_followed_stopped_and_resumed"
_RECURSOR: Final = "tests/deploy/test_files.py::test_powerdns_accepts_its_settings"
_UNBOUND: Final = "tests/deploy/test_files.py::test_unbound_accepts_its_settings"
_CHECK: Final = "tests/commands/test_check_domain.py::test_verdicts_and_levels_are_those_of_the_truth"
_NGINX: Final = "tests/deploy/test_web_servers.py::test_nginx_accepts_its_settings"
_SHELL: Final = "tests/simnet/test_processes.py::test_command_runs_at_the_vantage_point"
# Run by another test.
_SEVERAL: Final = "tests/cluster/test_workers_crawl.py::test_killed_processes_lose_and_double_nothing"

ELSEWHERE: Final = {
    ".venv/bin/python -m simnet shell -- COMMAND": _SHELL,
    ".venv/bin/scrapyd-deploy": _SCRAPYD,
    "curl -n *": _SCRAPYD,
    ".venv/bin/scrapy check-domain *": _CHECK,
    "scrapy crawl matrix * STORE_URL=postgresql:*": _SEVERAL,
    "scrapy gather *": _SEVERAL,
    "/opt/ipv6matrix/deploy/install.sh": "tests/deploy/test_units.py::test_installed_files_are_those_the_units_read",
    "/opt/ipv6matrix/deploy/backup.sh *": "tests/deploy/test_backup.py::test_lost_files_are_restored",
    "/opt/ipv6matrix/deploy/restore.sh *": "tests/deploy/test_backup.py::test_lost_files_are_restored",
    "sudo -u ipv6matrix env *": "tests/deploy/test_units.py::test_a_manual_command_works_as_documented",
    "install -m 0644 deploy/resolver/recursor.conf *": _RECURSOR,
    "install -m 0644 deploy/resolver/unbound.conf *": _UNBOUND,
    "install -m 0644 deploy/resolver/recursor-ipv6only.conf *": _RECURSOR,
    "unbound-checkconf": _UNBOUND,
    "install -m 0644 deploy/nginx/*": _NGINX,
    "nginx -t": _NGINX,
    "logrotate *": "tests/deploy/test_files.py::test_logs_are_rotated",
}
# Why no test runs them.
NOWHERE: Final = {
    "apt-get install *": "installs packages of the machine",
    "* /opt/ipv6matrix*": "writes outside of the project",
    "*/pip install *": "installs packages from the Internet",
    "pip install *": "installs packages from the Internet",
    "sudo -u postgres create*": "needs a database server of the machine",
    "touch /var/*": "writes outside of the project",
    "chown *": "needs the user of the services",
    "cd *": "changes nothing by itself",
    "ln -s *": "writes outside of the project",
    "install -m 0644 deploy/apache/*": "writes outside of the project; tests start Apache with that file",
    "systemctl *": "needs a machine that systemd has started",
    "journalctl *": "needs a machine that systemd has started",
    "a2en*": "writes outside of the project",
    "a2ensite *": "writes outside of the project",
    "apachectl *": "looks at the settings of the machine",
    "mariadb-dump *": "needs a database server of the machine",
    "gunzip *": "needs a database server of the machine",
    "podman *": "needs images from the Internet",
    ".venv/bin/python -m pytest *": "runs other tests",
    "git pull": "needs the Internet",
    "dig *": "needs a resolver of the machine",
}
TABLES: Final = (RUN, SERVERS, ASKED, ELSEWHERE, NOWHERE)
# What replaces words of a document: `make` only shows what it would do, the resolver is the simulated one, and the live
# database is in no settings file, because the website would read it.
COMPLETED: Final = {
    "make ": "make --dry-run ",
    "promote": "promote -s LIVE_URL=sqlite:///crawls/live.db",
    "NAMESERVERS=::1": f"NAMESERVERS={RESOLVER_ADDRESS[6]}",
}


def typed(text: str) -> list[str]:
    """Return the commands in the blocks of a text, each on one line and without a trailing comment."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    blocks += re.findall(r"(?:^ {4,}\S.*\n)+", without_fences(text), re.MULTILINE)
    blocks += [re.sub(r"\s+", " ", span) for span in re.findall(r"`(\.venv/bin/\w+\s[^`]+)`", without_fences(text))]
    lines = re.sub(r"\\\n", " ", "\n".join(blocks)).splitlines()
    return [re.sub(r"\s+", " ", re.sub(r"\s#\s.*", "", line)).strip() for line in lines if line.strip()]


def mentioned(text: str) -> list[list[str]]:
    """Return the words of the `scrapy` commands that a text mentions; they may be incomplete."""
    return [span.split() for span in re.findall(r"`scrapy\s([^`]+)`", without_fences(text))]


def entry(command: str, table: dict[str, str]) -> str | None:
    """Return the entry of a table that matches a command most closely."""
    return max((pattern for pattern in table if fnmatchcase(command, pattern)), key=len, default=None)


def kind(command: str) -> dict[str, str] | None:
    """Return the first table that contains a command."""
    return next((table for table in TABLES if entry(command, table)), None)


def is_there(test: str) -> bool:
    """Return whether a test exists."""
    path, _, name = test.partition("::")
    file = PROJECT / path
    return file.is_file() and re.search(rf"^(async )?def {name}\(", file.read_text(), re.MULTILINE) is not None


def names(test: str, command: str) -> bool:
    """Return whether the module of a test names the program of a command, or its file."""
    source = (PROJECT / test.partition("::")[0]).read_text()
    words = [Path(word).name for word in command.split() if "/" in word or word == command.split(maxsplit=1)[0]]
    return any(word in source for word in words)
