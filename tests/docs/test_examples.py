"""Every command in a document is run: here, by an operator who has finished a first crawl, or by another test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipv6matrix.exporters.registry import Target, exporter
from simnet.internet import ALLOWED_NETWORKS, Internet
from tests.docs import examples
from tests.docs.examples import ASKED, COMPLETED, ELSEWHERE, NOWHERE, RUN, SERVERS, TABLES, entry, kind
from tests.docs.texts import NAMES, PROJECT, read
from tests.finished import Finished
from tests.reference import published
from tests.reference import site as sites
from tests.reference.test_geoip_files import KINDS, LITE_TYPES, MONTH, STEMS, mmdb

COMMANDS = sorted({command for name in NAMES for command in examples.typed(read(name))})
DOMAINS = ["open.example"]
# The settings file of the operator, and the URLs of the publishers of lists and GeoIP files.
SETTINGS = """\
from ipv6matrix.settings import *
NAMESERVERS = {resolver!r}
PROBE_ALLOWED_NETWORKS = {allowed!r}
HEALTH_TARGETS = {references!r}
FEATURES, METRICS, SECOND_PASS = "NS,WWW", "geoip,ping", False
locals().update({urls!r})
"""


@pytest.fixture(scope="module")
def prepared(internet: Internet, finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like that of the project, with a finished crawl, its summary and everything else that commands need."""
    place = tmp_path_factory.mktemp("examples")
    for name in (
        "ipv6matrix",
        "Makefile",
        "requirements.txt",
        "requirements-dev.txt",
        "constraints.txt",
        "constraints-dev.txt",
    ):
        (place / name).symlink_to(PROJECT / name)
    (place / ".venv").symlink_to(sys.prefix)
    (place / "scrapy.cfg").write_text("[settings]\ndefault = here\n")
    crawls = place / "crawls"
    (crawls / "geoip").mkdir(parents=True)
    shutil.copy(finished.path, crawls)
    exporter("summary")(finished.store, Target(output_dir=crawls, summary_url=f"sqlite:///{crawls}/matrix.db"))
    for setting, name in (("GEOIP_CITY_DB", "city.mmdb"), ("GEOIP_ASN_DB", "asn.mmdb")):
        shutil.copy(internet.settings()[setting], crawls / "geoip" / name)
    (crawls / "optout.txt").touch()
    (crawls / "geoip-key.txt").write_text("key\n")
    (crawls / "crawl.log").write_text("WARNING: a line\nINFO: Results: crawls/ips-2026-11-05__04-00-12.db\n")
    for name in ("domains.txt", "thousand.txt", "universities-uk.txt"):
        (place / name).write_text("".join(f"{domain}\n" for domain in DOMAINS))
    with sites.running() as site:
        urls = {name: value for name, value in published.settings(site, place).items() if not name.endswith("_DIR")}
        _publish(site, place)
        references = internet.settings()["HEALTH_TARGETS"]
        settings = SETTINGS.format(
            resolver=internet.resolver4, allowed=ALLOWED_NETWORKS, references=references, urls=urls
        )
        (place / "here.py").write_text(settings)
        yield place


def _publish(site: sites.Site, place: Path) -> None:
    published.put_tranco(site, "K2XYW", [*DOMAINS, "silent.example"])
    for setting in KINDS:
        published.put_dbip(site, STEMS[setting], MONTH, mmdb(place, setting, form=LITE_TYPES[setting]))
        edition = f"GeoLite2-{'City' if 'CITY' in setting else 'ASN'}"
        published.put_maxmind(site, edition, mmdb(place, setting, form=edition))


@pytest.fixture
def place(prepared: Path, tmp_path: Path) -> Path:
    """A copy of that folder, for one command."""
    return Path(shutil.copytree(prepared, tmp_path / "project", symlinks=True))


@pytest.mark.crawl
@pytest.mark.parametrize("command", [example for example in COMMANDS if kind(example) is RUN])
def test_a_command_works_as_documented(place: Path, command: str) -> None:
    """It ends with status 0 and prints the expected words."""
    _make_ready(place / "crawls", command)

    ended = subprocess.run(
        ["sh", "-c", _completed(command)],
        cwd=place,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    log = place / "crawls/crawl.log"
    output = ended.stdout + ended.stderr + (log.read_text() if f"LOG_FILE={log.relative_to(place)}" in command else "")
    assert 0 == ended.returncode, output[-3000:]
    assert RUN[entry(command, RUN) or ""] in output
    assert "Traceback" not in output


@pytest.mark.crawl
@pytest.mark.parametrize("command", [example for example in COMMANDS if kind(example) is SERVERS])
def test_a_website_serves(place: Path, command: str) -> None:
    """It prints its URL, and answers the requests of the documents."""
    shutil.copytree(place / "crawls", place / "crawls/demo")
    ready = SERVERS[entry(command, SERVERS) or ""]
    asked = [example for example in COMMANDS if kind(example) is ASKED]
    with subprocess.Popen(
        ["sh", "-c", f"exec env {command}"],
        cwd=place,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            assert server.stdout is not None
            assert any(ready in line for line in server.stdout), f"{command} ended"
            answers = {example: _answer(example) for example in asked if shutil.which("curl")}
        finally:
            os.killpg(server.pid, signal.SIGKILL)

    assert {} == {
        example: answer for example, answer in answers.items() if ASKED[entry(example, ASKED) or ""] not in answer
    }


def _make_ready(crawls: Path, command: str) -> None:
    """Remove the results that a command would find, or provide its input."""
    if command.endswith("scrapy status"):
        (crawls / "current").mkdir()
        next(crawls.glob("ips-*.db")).rename(crawls / "current/ips.db")
    if "geoip update" in command:
        shutil.rmtree(crawls / "geoip")


def _answer(command: str) -> str:
    """Return the answer of a website, once it listens: with several processes it announces itself earlier."""
    words = ["sh", "-c", f"{command} -sS --retry 20 --retry-connrefused"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _environment() -> dict[str, str]:
    # Scrapy writes the settings that this process has read into it.
    return {name: value for name, value in os.environ.items() if not name.startswith("SCRAPY")}


def _completed(command: str) -> str:
    for words, others in COMPLETED.items():
        command = command.replace(words, others)
    return command


# --- the guards ---


def test_every_command_is_run_or_has_its_reason() -> None:
    """A command of a document is in one of the tables of tests/docs/examples.py."""
    assert [] == [command for command in COMMANDS if kind(command) is None]


def test_a_new_command_is_found() -> None:
    """Commands are found in a block, a fenced shell and a sentence; not in output."""
    text = (
        "Type `.venv/bin/scrapy novelty now`:\n\n    novelty one \\\n        --two    # for three\n\n"
        "- Or\n\n  ```sh\n  novelty four\n  ```\n\n```text\nwhat it says\n```\n"
    )

    assert ["novelty four", "novelty one --two", ".venv/bin/scrapy novelty now"] == examples.typed(text)
    assert kind("novelty four") is None


def test_every_entry_has_its_command() -> None:
    """No table has a command that is no longer in a document."""
    used = {(id(table), entry(command, table)) for command in COMMANDS if (table := kind(command)) is not None}

    assert [] == [entry for table in TABLES for entry in table if (id(table), entry) not in used]


@pytest.mark.parametrize("command", [example for example in COMMANDS if kind(example) is ELSEWHERE])
def test_the_named_test_exists(command: str) -> None:
    """The named test exists, and its module mentions the program or the file."""
    test = ELSEWHERE[entry(command, ELSEWHERE) or ""]

    assert examples.is_there(test)
    assert examples.names(test, command)


def test_a_missing_test_is_found() -> None:
    """A module or function that does not exist, and a module about something else, are reported."""
    assert not examples.is_there("tests/test_nothing.py::test_domains")
    assert not examples.is_there("tests/truth/test_domains.py::test_nothing")
    assert not examples.names("tests/truth/test_domains.py::test_domains", "novelty --two")


def test_reasons_are_stated() -> None:
    """Commands that no test runs have a reason."""
    assert [] == [command for command, reason in NOWHERE.items() if len(reason.split()) < 3]
