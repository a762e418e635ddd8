"""The settings of one run."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from scrapy.settings import BaseSettings, Settings
from scrapy.utils.project import get_project_settings

from ipv6matrix import commands
from ipv6matrix import settings as project
from ipv6matrix.config import checks, profiles
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.spiders.matrix import MatrixSpider

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
# A profile may set concurrency and rates, and nothing that is part of what was measured.
SIZE_AND_PACE = re.compile(r"\w+_(RATE|RATE_PER_NETWORK|CONCURRENCY|PROCESSES)")


def chosen(**values: str) -> Settings:
    """Return the settings of a run with these on its command line."""
    settings = get_project_settings()
    settings.setdict(values, priority="cmdline")
    return settings


# --- names of settings ---


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("PING_CUONT", " PING_COUNT?"),
        ("PINGCOUNT", " PING_COUNT?"),
        ("ping_count", " PING_COUNT?"),
        ("OPT-OUT-FILE", " OPTOUT_FILE?"),
        ("LOGFILE", " LOG_FILE?"),
        ("COLOUR", "docs/settings.md"),
    ],
)
def test_an_unknown_name_is_reported_with_the_nearest(name, nearest):
    """
    The error has the given name and the nearest setting of this project or of Scrapy, or where all of them are listed.
    """
    (message,) = profiles.unknown_settings(chosen(**{name: "3"}))

    assert message.startswith(f"{name} ")
    assert nearest in message
    assert message.endswith("[SETTING_UNKNOWN]")


@pytest.mark.parametrize(
    "name", ["PING_COUNT", "PROFILES", "LOG_FILE", "JOBDIR", "FEEDS", "CLOSESPIDER_TIMEOUT", "META_COPY_WARN_SKIP_KEYS"]
)
def test_known_names_pass(name):
    """A setting of this project or of Scrapy, with or without a default, leads to no error."""
    assert [] == profiles.unknown_settings(chosen(**{name: ""}))


def test_each_unknown_name_is_reported():
    """Every name has an error message, in alphabetical order."""
    messages = profiles.unknown_settings(chosen(PING_CUONT="3", METRIX="ping", PING_COUNT="3"))

    assert ["METRIX", "PING_CUONT"] == [sentence.split()[0] for sentence in messages]


def test_names_of_an_add_on_pass_unless_they_are_close_to_a_known_one():
    """With ADDONS an unfamiliar name belongs to the add-on; a misspelt one of this project is rejected nevertheless."""
    (message,) = profiles.unknown_settings(chosen(ADDONS='{"some.AddOn": 1}', COLOUR="blue", PING_CUONT="3"))

    assert message.startswith("PING_CUONT ")


@pytest.mark.parametrize("path", ["nowhere.Addon", "tests.knock.Addons", "knock"])
def test_an_add_on_that_cannot_be_imported_is_reported(path):
    """The error has its path; add-ons that exist lead to none."""
    (message,) = profiles.missing_addons(chosen(ADDONS=f'{{"{path}": 1, "tests.knock.Addon": 2}}'))

    assert f"'{path}'" in message
    assert message.endswith("[SETTING_INVALID]")


def test_a_name_from_the_settings_file_passes(monkeypatch):
    """Names with a value in the project's file are valid on the command line."""
    monkeypatch.setattr(project, "COLOUR", "red", raising=False)

    assert [] == profiles.unknown_settings(chosen(COLOUR="blue"))


# --- names of arguments ---


def test_arguments_of_the_spider_pass():
    """Its own are valid, and those that scrapyd adds, which begin with an underscore."""
    assert [] == profiles.unknown_arguments(MatrixSpider, ["domains", "supplemental", "_job", "_version"])


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("domain", " domains?"), ("SUPPLEMENTAL", " supplemental?"), ("colour", "domains, supplemental")],
)
def test_an_unknown_argument_is_reported(name, nearest):
    """The error has the given name and the nearest argument, or all of them."""
    (message,) = profiles.unknown_arguments(MatrixSpider, [name])

    assert message.startswith(f"{name} ")
    assert nearest in message
    assert message.endswith("[ARGUMENT_UNKNOWN]")


# --- profiles ---


@pytest.mark.parametrize("word", sorted(project.PROFILES))
def test_a_profile_sets_valid_values(word):
    """Every name is a setting of this project, and every value passes its check."""
    names = project.PROFILES[word]
    settings = chosen(PROFILE=word)
    profiles.apply_profiles(settings)

    assert [] == [name for name in names if name not in checks.CHECKS]
    assert [] == checks.problems(settings, names)
    assert dict(names) == {name: settings.get(name) for name in names}


@pytest.mark.parametrize("word", sorted(project.PROFILES))
def test_a_profile_is_gentler_than_none(word):
    """It changes only concurrency and rates, and each value is below the default, where 0 means no limit."""
    unlimited = float("inf")
    before = {name: getattr(project, name) or unlimited for name in project.PROFILES[word]}

    assert [] == [name for name in before if not SIZE_AND_PACE.fullmatch(name)]
    assert [] == [name for name, value in project.PROFILES[word].items() if not 0 < value < before[name]]


def test_the_command_line_overrides_a_profile_which_overrides_the_file():
    """PROFILE replaces values of settings.py, and no value of -s."""
    settings = chosen(PROFILE="small", PROBE_RATE="7")
    profiles.apply_profiles(settings)

    assert ("7", 50, 5) == tuple(settings.get(name) for name in ("PROBE_RATE", "DNS_CONCURRENCY", "PING_COUNT"))


@pytest.mark.parametrize(("words", "rate"), [("small,careful", 100), ("careful, small", 500)])
def test_a_later_profile_wins(words, rate):
    """If two set the same name the last one is in force; other values of the first stay."""
    settings = chosen(PROFILE=words)
    profiles.apply_profiles(settings)

    assert (rate, 5) == (settings.get("PROBE_RATE"), settings.get("PROBE_RATE_PER_NETWORK"))


@pytest.mark.parametrize("found_profiles", ["{small", '{"small": 3}', "[1]"])
def test_unreadable_profiles_are_reported(found_profiles):
    """PROFILES on the command line is JSON, with settings by profile; anything else is an error."""
    (message,) = checks.problems(BaseSettings({"PROFILE": "small", "PROFILES": found_profiles}), ["PROFILE"])

    assert f"PROFILES={found_profiles!r}" in message
    assert message.endswith("[SETTING_INVALID]")


def test_a_misspelt_name_in_a_profile_is_reported():
    """A custom profile is checked like a command line."""
    settings = chosen(PROFILE="own", PROFILES='{"own": {"PING_CUONT": 3, "PING_INTERVAL": 1}}')
    profiles.apply_profiles(settings)

    (message,) = profiles.unknown_settings(settings)
    assert message.startswith("PING_CUONT ")
    assert message.endswith("[SETTING_UNKNOWN]")


def test_the_document_has_the_values_of_each_profile():
    """docs/settings.md has every value that a profile sets, next to the default."""
    text = DOCUMENT.read_text()
    head = "| value | without | `small` | `careful` |\n| --- | --- | --- | --- |\n"
    rows = {cells[0]: cells[1:] for cells in _cells(text.partition(head)[2].partition("\n\n")[0])}
    found_profiles = [project.PROFILES[word] for word in ("small", "careful")]

    assert {"small", "careful"} == set(project.PROFILES)
    assert rows == {
        name: [str(getattr(project, name)), *(str(profile.get(name, "")) for profile in found_profiles)]
        for name in {*found_profiles[0], *found_profiles[1]}
    }


def _cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


# --- every command ---


def test_every_command_takes_profiles_and_rejects_unknown_names():
    """Each command in ipv6matrix/commands does what ChoosingCommand does."""
    names = [f"ipv6matrix.commands.{module.name}" for module in iter_modules(commands.__path__)]

    assert names
    assert [] == [name for name in names if not issubclass(import_module(name).Command, ChoosingCommand)]
