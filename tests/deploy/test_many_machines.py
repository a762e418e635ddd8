"""The files of a crawl on many machines: the unit of a machine, settings of PostgreSQL, containers."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ipv6matrix.cluster.overview import overview
from ipv6matrix.config import checks
from simnet.internet import Internet
from tests import crawls
from tests import postgres as server
from tests.deploy.units import DEPLOY, environment, run, section
from tests.postgres import Postgres

SETTINGS = DEPLOY / "postgresql/ipv6matrix.conf"
COMPOSE = DEPLOY / "compose/compose.yaml"


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


@pytest.mark.crawl
@pytest.mark.database
def test_the_unit_takes_part_in_a_crawl(internet: Internet, postgres: Postgres, tmp_path: Path) -> None:
    """Its command finishes the crawl of its environment, with a password that is in no command line."""
    (tmp_path / "domains.txt").write_text("open.example\nsilent.example\nipv6-only.example\n")
    login, _, place = postgres.url().removeprefix("postgresql://").rpartition("@")
    user, _, password = login.partition(":")
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:{user}:{password}\n")
    passwords.chmod(0o600)
    of_test = internet.settings() | crawls.folders(tmp_path) | {"METRICS": "soa,ping"}
    own = ("DOMAINS", "CONTACT", "NAMESERVERS", "OPTOUT_FILE", "JOBDIR")
    values = environment("worker.env") | {
        "DOMAINS": str(tmp_path / "domains.txt"),
        "CONTACT": "test@example.org",
        "STORE_URL": f"postgresql://{user}@{place}",
        "NAMESERVERS": str(of_test["NAMESERVERS"]),
        "OPTOUT_FILE": str(of_test["OPTOUT_FILE"]),
        "LOG_FILE": str(tmp_path / "log"),
        "CRAWL_OPTIONS": shlex.join(
            word for name, value in of_test.items() if name not in own for word in ("-s", f"{name}={value}")
        ),
    }

    ended = run("ipv6matrix-worker.service", values, tmp_path, PGPASSFILE=str(passwords))

    assert 0 == ended.returncode, ended.stderr + (tmp_path / "log").read_text()
    now = overview(f"postgresql://{login}@{place}")
    assert ("finished", int(values["PROCESSES"])) == (now.state, len(now.workers))


def test_the_environment_of_the_unit_has_no_password() -> None:
    """It would show in the list of processes."""
    service = (DEPLOY / "systemd/ipv6matrix-worker.service").read_text()

    assert re.search(r"^Environment=PGPASSFILE=/etc/ipv6matrix/pgpass$", service, re.MULTILINE)
    assert ":" not in environment("worker.env")["STORE_URL"].removeprefix("postgresql:")
    assert "2 3" == section("ipv6matrix-worker.service", "Service")["RestartPreventExitStatus"]


def value(settings: Path, name: str) -> tuple[int, str]:
    """Return what PostgreSQL reads of a file of settings."""
    program = postgres_program()
    line = [program, "-C", name, "-D", str(settings.parent), f"--config-file={settings}"]
    read = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60, env={"PATH": os.defpath})
    return read.returncode, read.stdout.strip() or read.stderr


def postgres_program() -> str:
    return server.program("postgres") or pytest.skip("PostgreSQL is not installed")


def test_postgresql_accepts_its_settings() -> None:
    """All names and values are valid."""
    assert (0, "256") == value(SETTINGS, "max_locks_per_transaction")


def test_an_invalid_setting_of_postgresql_is_found(tmp_path: Path) -> None:
    """A name that does not exist is an error."""
    faulty = tmp_path / "faulty.conf"
    faulty.write_text(SETTINGS.read_text().replace("wal_compression", "wal_compresion"))

    assert 0 != value(faulty, "max_connections")[0]


def test_the_table_of_locks_has_room_for_all_buckets() -> None:
    """In both sets of settings, a lock for each bucket, twice as many as there are."""
    for text in (SETTINGS.read_text(), COMPOSE.read_text()):
        limits = dict(re.findall(r"^ *(max_\w+) = (\d+)$", text, re.MULTILINE))
        assert int(limits["max_locks_per_transaction"]) * int(limits["max_connections"]) >= 2 * 4096


def test_three_containers_share_a_crawl(compose: dict[str, Any]) -> None:
    """They begin when the database answers, with settings that exist, and no password in their command."""
    worker = compose["services"]["worker"]
    words = shlex.split(re.sub(r"\$\{\w+:[?-][^}]*\}", "X", worker["command"]))
    settings = [words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "-s"]

    assert 3 == worker["deploy"]["replicas"]
    assert {"db": {"condition": "service_healthy"}} == worker["depends_on"]
    assert ["crawl", "matrix"] == words[:2]
    assert {"STORE_URL", "CONTACT"} <= set(settings) <= set(checks.CHECKS)
    assert "PASSWORD" not in worker["command"]
    assert (COMPOSE.parent / worker["build"]["context"] / worker["build"]["dockerfile"]).is_file()


def test_the_database_is_healthy_when_the_containers_can_reach_it(compose: dict[str, Any]) -> None:
    """While its image creates the database, a temporary server answers on a socket, but not over the network."""
    assert "--host=127.0.0.1" in compose["services"]["db"]["healthcheck"]["test"]


def test_docker_accepts_the_compose_file() -> None:
    """Names and types of all keys are known."""
    program = shutil.which("docker")
    if not program or subprocess.run([program, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    own = {"MATRIX_PASSWORD": "x", "CONTACT": "me@example.org", "LISTS": "/tmp"}

    read = subprocess.run(
        [program, "compose", "--file", COMPOSE, "config", "--quiet"],
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert 0 == read.returncode, read.stderr
