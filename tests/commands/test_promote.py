"""The command `scrapy promote`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish
from tests import typed
from tests.summaries.sample_rows import DATE, LATER, as_tables, held, levels, made_up
from tests.typed import ROOT

pytestmark = pytest.mark.crawl


@pytest.fixture
def databases(tmp_path):
    """A staging and a live database; staging has a crawl."""
    with (
        Database(f"sqlite:///{tmp_path / 'staging.db'}") as staging,
        Database(f"sqlite:///{tmp_path / 'live.db'}") as live,
    ):
        publish(staging, DATE, made_up())
        yield staging, live


def promote(staging, live, *arguments):
    ended = typed.run("promote", *arguments, SUMMARY_URL=staging, LIVE_URL=live)
    assert "Traceback" not in ended.stderr
    return ended


def test_a_crawl_goes_live(databases):
    """The only crawl in staging needs no date; the second time nothing is left."""
    staging, live = databases

    ended = promote(staging.name, live.name)

    assert (0, "") == (ended.returncode, ended.stderr)
    assert f"10 domains of {DATE} are live in {live.name}; removed from {staging.name}\n" == ended.stdout
    assert as_tables(made_up()) == held(live)
    assert as_tables([]) == held(staging)
    again = promote(staging.name, live.name)
    assert (2, "") == (again.returncode, again.stdout)
    assert staging.name in again.stderr
    assert "EXPORT_FAILED" in again.stderr


def test_a_list_with_a_tag_goes_live_alone(databases):
    """--tag moves the readiness of that list, and leaves the main list in staging."""
    staging, live = databases
    publish(staging, DATE, levels(domains=2, tag="cities"), tag="cities")

    ended = promote(staging.name, live.name, "--tag", "cities")

    assert (0, "") == (ended.returncode, ended.stderr)
    assert ended.stdout.startswith(f"4 domains of {DATE} are live")
    assert as_tables(list(levels(domains=2, tag="cities")))["Readiness"] == held(live, tag="cities")["Readiness"]
    assert as_tables(made_up()) == held(staging)
    assert as_tables([]) == held(live)
    assert "ARGUMENT_INVALID" in promote(staging.name, live.name, "--tag", "cities", "--check").stderr


def test_checking_changes_nothing(databases):
    """--check shows both crawls side by side and warns of large changes."""
    staging, live = databases
    publish(staging, LATER, made_up(LATER, domains=2))
    publish(live, DATE, made_up(domains=100))

    ended = promote(staging.name, live.name, "--check", "--date", str(LATER))

    assert 0 == ended.returncode, ended.stderr
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in ended.stdout.splitlines() if "│" in line]
    assert ["rows of Domains", "4", "200"] in rows
    assert ["hosts", "24", "1,200"] in rows
    assert "Warning: country DE: 600 hosts before, now 12" in ended.stdout.splitlines()
    assert as_tables(made_up(LATER, domains=2)) == held(staging, LATER)
    assert as_tables([]) == held(live, LATER)


def test_a_check_without_a_live_crawl(databases):
    """There is nothing to compare the first crawl with, and no live database is created for it."""
    staging, live = databases

    ended = promote(staging.name, live.name, "--check")

    assert 0 == ended.returncode, ended.stderr
    assert "live, none before" in ended.stdout
    assert not live.is_there()


def test_a_live_date_is_replaced_on_request(databases):
    """Without --replace the crawl stays in staging."""
    staging, live = databases
    publish(live, DATE, made_up(domains=2))

    ended = promote(staging.name, live.name)
    assert 2 == ended.returncode
    assert str(DATE) in ended.stderr
    assert live.name in ended.stderr
    assert "--replace" in ended.stderr
    assert "EXPORT_FAILED" in ended.stderr
    assert as_tables(made_up(domains=2)) == held(live)

    ended = promote(staging.name, live.name, "--replace")
    assert 0 == ended.returncode, ended.stderr
    assert "replacing 4" in ended.stdout
    assert as_tables(made_up()) == held(live)


def test_an_unavailable_database_is_reported(databases):
    """An error without a password, and status 2; staging keeps its crawl."""
    staging, _ = databases

    ended = promote(staging.name, "mysql+mysqlconnector://u:secret@127.0.0.1:1/live")

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "mysql+mysqlconnector://u:***@127.0.0.1:1/live" in ended.stderr
    assert "EXPORT_FAILED" in ended.stderr
    assert "secret" not in ended.stderr
    assert as_tables(made_up()) == held(staging)


@pytest.mark.parametrize(
    ("live", "arguments", "code"),
    [
        ("", (), "SETTING_MISSING"),
        ("the same", (), "SETTING_INVALID"),
        ("sqlite:///live.db", ("--date", "May"), "ARGUMENT_INVALID"),
        ("sqlite:///live.db", ("2024-05-06",), "ARGUMENT_INVALID"),
    ],
)
def test_invalid_arguments_are_reported(databases, live, arguments, code):
    """Invalid settings and arguments end the command with status 2."""
    staging, _ = databases

    ended = promote(staging.name, staging.name if live == "the same" else live, *arguments)

    assert 2 == ended.returncode
    assert code in ended.stderr


def test_other_commands_do_not_load_sqlalchemy():
    """Scrapy imports every command for each; SQLAlchemy is loaded only when a summary is promoted."""
    script = "import sys, ipv6matrix.commands.promote; print('sqlalchemy' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "False\n" == ended.stdout
